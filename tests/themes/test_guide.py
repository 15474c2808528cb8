"""The theme of the guide, built from the guide."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.commands import managed
from tests.support.programs import ROOT
from tests.support.server import serving, settings_in

pytestmark = pytest.mark.process
GUIDE = ROOT / "docs" / "themes.md"
#: A block of code whose first line is a comment with the file's path.
FILE = re.compile(r"^```\w+\n(?:#|\{#|/\*) (night/\S+)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_theme_of_the_guide_is_shown(tmp_path: Path) -> None:
    files = dict(FILE.findall(GUIDE.read_text()))
    assert files.keys() == {"night/theme.toml", "night/templates/base.html", "night/static/night/night.css"}
    for path, text in files.items():
        file = tmp_path / "themes" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    # DEBUG: files are looked up in the themes, whatever this checkout has collected.
    settings = {**settings_in(tmp_path), "THEMES_DIRS": str(tmp_path / "themes"), "DEBUG": "true"}
    managed("migrate", "-v0", **settings)
    managed("sites", "add", "school.example", **settings)
    commands = re.findall(r"^\.venv/bin/python manage\.py (.*)$", GUIDE.read_text(), re.MULTILINE)
    outputs = {command: managed(*shlex.split(command), **settings) for command in commands}
    assert "night    Night    portico  0" in outputs["themes list"]
    assert "ok    home page (pages/page.html of app)" in outputs["themes check night"]
    with serving(tmp_path, **settings) as server:
        page = server.request("/", host="school.example").body
        assert "/static/portico/portico.css" in page
        assert "/static/night/night.css" in page
        assert "color-scheme: dark" in server.request("/static/night/night.css", host="school.example").body
