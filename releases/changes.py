"""CHANGELOG.md: one section per version, the newest one first."""

from __future__ import annotations

import re
from pathlib import Path

FILE = "CHANGELOG.md"
HEADING = re.compile(r"^## +(?P<version>\S+)(?: +\((?P<date>[^)]*)\))?[ ]*$", re.MULTILINE)


def problems(root: Path, version: str) -> list[str]:
    """What forbids to release `version` with this list of changes."""
    newest = HEADING.search((root / FILE).read_text())
    if newest is None:
        return [f"{FILE} has no heading `## X.Y.Z (date)`."]
    if newest["version"] != version:
        return [f"{FILE}: the newest heading is `{newest[0]}`; it must be `## {version} (YYYY-MM-DD)`."]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", newest["date"] or ""):
        return [f"{FILE}: `{newest[0]}` has no date: write `## {version} (YYYY-MM-DD)`."]
    if not section(root, version):
        return [f"{FILE}: the section of {version} is empty."]
    return []


def section(root: Path, version: str) -> str:
    """The text below the heading of a version; empty without one."""
    text = (root / FILE).read_text()
    headings = list(HEADING.finditer(text))
    for index, heading in enumerate(headings):
        if heading["version"] == version:
            end = headings[index + 1].start() if index + 1 < len(headings) else len(text)
            return text[heading.end() : end].strip()
    return ""
