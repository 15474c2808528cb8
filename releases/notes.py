"""The text of a release: its part of CHANGELOG.md, its digests, and how to check them."""

from __future__ import annotations

from pathlib import Path

from releases import changes, source
from releases.commands import Refused
from releases.record import Record

LAST = """
## Verify

    make release-verify VERSION={version} REGISTRY={registry}

or with cosign alone: [docs/releases.md](https://github.com/colonnade/colonnade/blob/v{version}/docs/releases.md).
"""


def notes(root: Path, made: Record) -> str:
    """In Markdown. Raises `Refused` if CHANGELOG.md has no section for the version."""
    with source.exported(root, made.commit) as tree:
        section = changes.section(tree, made.version)
    if not section:
        raise Refused(f"{changes.FILE} has no text for {made.version}.")
    found = [f"# Colonnade {made.version}", "", section, "", "## Artefacts", ""]
    found += [f"- {kind}: `{name}`" for kind, name in (("image", made.image), ("chart", made.chart)) if name]
    found += [f"- commit: `{made.commit}`", ""]
    if made.chart:
        found += [f"    helm install demo oci://{made.chart_name} --version {made.version}", ""]
    return "\n".join(found) + LAST.format(version=made.version, registry=made.registry)
