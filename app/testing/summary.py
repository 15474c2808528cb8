"""What the tests of a run were about: printed at its end, so a run that covered nothing is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

PROPERTY = "isolation"
KINDS = {
    "model": "models",
    "address": "views",
    "admin page": "admin pages",
    "command": "command lines",
    "role": "kinds of visitors",
}


def note(item: pytest.Item, about: Iterable[tuple[str, str]]) -> None:
    """Keeps what a test is about, as pairs of a kind and a name; its report carries them between processes."""
    item.user_properties += [(PROPERTY, f"{kind}: {name}") for kind, name in about]


def lines(reports: dict[str, list[Any]]) -> list[str]:
    """The summary, by what the terminal reporter has collected."""
    seen: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for report in (report for name in ("passed", "failed") for report in reports.get(name, ())):
        for name, value in report.user_properties:
            if name == PROPERTY:
                kind, _, covered = value.partition(": ")
                seen[kind].add(covered)
    if not any(seen.values()):
        return []
    counts = ", ".join(f"{KINDS[kind]} {len(seen[kind])}" for kind in KINDS)
    return [f"Covered: {counts}", *(f"  {label}" for label in sorted(seen["model"]))]
