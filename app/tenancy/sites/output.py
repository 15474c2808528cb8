"""Sites as the command line shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.sites.models import Site


def as_dict(site: Site) -> dict[str, Any]:
    """One site as a JSON object; its names are fixed."""
    return {
        "id": site.pk,
        "key": site.profile.key,
        "domain": site.domain,
        "name": site.name,
        "state": site.profile.state,
        "aliases": sorted(alias.host for alias in site.aliases.all()),
        "theme": site.profile.theme,
    }


def table(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    """Rows as aligned columns under a heading."""
    lines = [tuple(column.upper() for column in columns)]
    lines += [
        tuple(", ".join(value) if isinstance(value, list) else str(value) for value in (row[c] for c in columns))
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
