"""The static files of the release before: what docker/carry_static.py copies, and what it refuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import PYTHON, ROOT


def carry(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Runs it as the Dockerfile does; the release before has these names in its manifest."""
    earlier, now = folder / "earlier" / "static", folder / "site" / "static"
    earlier.mkdir(parents=True, exist_ok=True)
    now.mkdir(parents=True, exist_ok=True)
    (earlier / "staticfiles.json").write_text(json.dumps({"paths": {name: name for name in names}}))
    command = [PYTHON, str(ROOT / "docker" / "carry_static.py"), str(earlier), str(now)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_files_are_added_and_never_replaced(tmp_path: Path) -> None:
    earlier, now = tmp_path / "earlier" / "static", tmp_path / "site" / "static"
    for file, text in ((earlier / "a" / "old.css", "old"), (earlier / "same.css", "old"), (now / "same.css", "new")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (earlier / "a" / "old.css.gz").write_text("packed")
    assert carry(tmp_path, "a/old.css", "same.css", "missing.css").returncode == 0
    copied = {str(file.relative_to(now)): file.read_text() for file in now.rglob("*") if file.is_file()}
    assert copied == {"a/old.css": "old", "a/old.css.gz": "packed", "same.css": "new"}


@pytest.mark.parametrize(
    "name", ["../app/settings.py", "a/../../app/settings.py", "{folder}/site/app/settings.py", "link.css"]
)
def test_a_name_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    name = name.format(folder=tmp_path)
    static = tmp_path / "earlier" / "static"
    static.joinpath("a").mkdir(parents=True)
    (tmp_path / "site" / "static" / "a").mkdir(parents=True)
    (tmp_path / "earlier" / "app").mkdir()
    (tmp_path / "earlier" / "app" / "settings.py").write_text("planted")
    (static / "link.css").symlink_to("../app/settings.py")
    done = carry(tmp_path, name)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"error: staticfiles.json of the previous release names {name!r}, which is outside of "
    )
    assert [file for file in (tmp_path / "site").rglob("*") if file.is_file()] == []
