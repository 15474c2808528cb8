"""The theme of the guide, built from the guide."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.commands import managed
from tests.support.guide import commands_of, files_of, write
from tests.support.programs import wait_until
from tests.support.server import serving, settings_in

pytestmark = pytest.mark.process


def test_the_theme_of_the_guide_is_shown(tmp_path: Path) -> None:
    files = files_of("themes.md")
    assert files.keys() == {"night/theme.toml", "night/templates/base.html", "night/static/night/night.css"}
    write(tmp_path / "themes", files)
    # DEBUG: files are looked up in the themes, whatever this checkout has collected.
    settings = {**settings_in(tmp_path), "THEMES_DIRS": str(tmp_path / "themes"), "DEBUG": "true"}
    managed("migrate", "-v0", **settings)
    managed("sites", "add", "school.example", **settings)
    outputs = {command: managed(*shlex.split(command), **settings) for command in commands_of("themes.md")}
    assert "night    Night    portico  7        0" in outputs["themes list"]
    assert "ok    home page (pages/page.html of the app pages)" in outputs["themes check night"]
    assert '  option accent: colour, default "#e8c468"' in outputs["themes check night"]
    assert "  option width: number, default 48" in outputs["themes check night"]
    managed("sites", "set", "school.example", "--option", "motto=Per aspera", **settings)
    with serving(tmp_path, **settings) as server:
        page = server.request("/", host="school.example").body
        assert "/static/portico/portico.css" in page
        assert "/static/night/night.css" in page
        assert "--option-accent:#7fd1b9;" in page
        assert "--option-width:48rem" in page
        assert "<p>Per aspera</p>" in page
        managed("sites", "set", "school.example", "--option", "accent=#00ff00", **settings)  # another process
        changed = "--option-accent:#00ff00;"
        wait_until(lambda: changed in server.request("/", host="school.example").body, what="the option is served")
        assert "color-scheme: dark" in server.request("/static/night/night.css", host="school.example").body
