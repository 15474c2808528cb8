"""The app of the guide, built from the guide."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.commands import managed
from tests.support.programs import ROOT
from tests.support.server import settings_in

pytestmark = pytest.mark.process
GUIDE = (ROOT / "docs" / "extend.md").read_text()
FILE = re.compile(r"^# (labels/\w+\.py)\n(.*?)(?=^# labels/|^```)", re.DOTALL | re.MULTILINE)


def test_the_first_app_of_the_guide_works(tmp_path: Path) -> None:
    files = dict(FILE.findall(GUIDE.partition("## What an app can bring")[0]))
    assert files.keys() == {"labels/models.py", "labels/admin.py"}
    for path, text in {"labels/__init__.py": "", **files}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    settings = {**settings_in(tmp_path), "PYTHONPATH": str(tmp_path), "EXTRA_APPS": "labels"}
    commands = re.findall(r"^\.venv/bin/python manage\.py (.*)$", GUIDE, re.MULTILINE)
    assert commands == ["makemigrations labels", "migrate"]
    for command in [*commands, "check --fail-level=WARNING"]:
        managed(*shlex.split(command), **settings)
    script = "from labels.models import Label\nLabel(name='new').save()\nprint(Label.objects.get())"
    assert managed("shell", "--site=localhost", "-v0", "-c", script, **settings) == "new\n"
