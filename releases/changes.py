"""CHANGELOG.md: one section per version, the newest one first, and the notes of a release made of it."""

from __future__ import annotations

import re
from pathlib import Path

from releases import source
from releases.commands import Refused
from releases.record import Record

FILE = "CHANGELOG.md"
HEADING = re.compile(r"^## +(?P<version>\S+)(?: +\((?P<date>[^)]*)\))?[ ]*$", re.MULTILINE)
LAST = """
## Verify

    make release-verify VERSION={version} REGISTRY={registry}

or with cosign alone: [docs/releases.md](https://github.com/colonnade/colonnade/blob/v{version}/docs/releases.md).
"""


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


def notes(root: Path, made: Record) -> str:
    """The text of a release, in Markdown. Raises `Refused` if CHANGELOG.md has no section for the version."""
    with source.exported(root, made.commit) as tree:
        text = section(tree, made.version)
    if not text:
        raise Refused(f"{FILE} has no text for {made.version}.")
    found = [f"# Colonnade {made.version}", "", text, "", "## Artefacts", ""]
    found += [f"- {kind}: `{name}`" for kind, name in (("image", made.image), ("chart", made.chart)) if name]
    found += [f"- commit: `{made.commit}`", ""]
    if made.chart:
        found += [f"    helm install demo oci://{made.chart_name} --version {made.version}", ""]
    return "\n".join(found) + LAST.format(version=made.version, registry=made.registry)
