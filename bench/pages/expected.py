"""The exact counts of the product's rows at ten sites, which a change may not raise without saying so."""

from __future__ import annotations

import json
import platform
from pathlib import Path

from bench.pages.results import Group

FILE = Path(__file__).with_name("expected.json")
#: Function calls differ a little between versions of libraries. Queries are held exactly.
TOLERANCE = 0.03


def differences(group: Group) -> dict[str, str]:
    """What is not as expected, by row. Function calls are compared on the Python version of the file only."""
    expected, found = json.loads(FILE.read_text()), counts(group)
    lines = dict.fromkeys(found.keys() ^ expected["rows"].keys(), f"is in only one of the run and {FILE.name}")
    for name in found.keys() & expected["rows"].keys():
        want, have = expected["rows"][name], found[name]
        if want["queries"] != have["queries"]:
            lines[name] = f"{have['queries']:g} queries, expected {want['queries']:g}"
        elif expected["python"] == python() and abs(have["calls"] / want["calls"] - 1) > TOLERANCE:
            lines[name] = f"{have['calls']:,} function calls, expected {want['calls']:,} within {TOLERANCE:.0%}"
    return lines


def accept(group: Group) -> None:
    FILE.write_text(json.dumps({"python": python(), "rows": counts(group)}, indent=1) + "\n")


def counts(group: Group) -> dict[str, dict[str, float]]:
    return {name: {"queries": counted.queries, "calls": counted.calls} for name, counted in group.counts.items()}


def python() -> str:
    return ".".join(platform.python_version_tuple()[:2])
