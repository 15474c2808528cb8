"""The files of a guide: blocks of code whose first line is a comment with a path."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.programs import ROOT

FILE = re.compile(
    r"^```\w+\n(?:#|\{#|/\*) ([\w.-]+/\S+|Dockerfile|values\.yaml)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE
)
PACKAGES = ("events", "events/management", "events/management/commands")


def files_of(page: str) -> dict[str, str]:
    """Path → text of the files that a page of the documentation shows."""
    return dict(FILE.findall((ROOT / "docs" / page).read_text()))


def commands_of(page: str) -> list[str]:
    """The lines with `manage.py`, without it, in their order; not those that ask or that do not end."""
    found = re.findall(r"^\.venv/bin/python manage\.py (.*)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    return [command for command in found if not command.startswith(("createsuperuser", "runserver"))]


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def write_example(folder: Path) -> dict[str, str]:
    """The project of docs/extend.md in a folder, and the settings that a process needs for it."""
    write(folder, {f"{package}/__init__.py": "" for package in PACKAGES} | files_of("extend.md"))
    themes = str(folder / "themes")
    # DEBUG: files are looked up in the themes, whatever this checkout has collected.
    return {"PYTHONPATH": str(folder), "EXTRA_APPS": "events", "THEMES_DIRS": themes, "DEBUG": "true"}
