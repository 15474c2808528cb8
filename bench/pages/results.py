"""What a run measured, as values that are written to and read from a file of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass
class RowResult:
    """The rounds of one row in one group."""

    ratios: list[float] = field(default_factory=list)
    """Throughput, relative to the bare Django view in the same round."""
    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    p99_ratios: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """CPU time of the workers per request."""

    @property
    def ratio(self) -> float:
        return median(self.ratios)


@dataclass
class ServerResult:
    starts: list[float]
    """Seconds from the start of the process to the first correct page, of each start."""
    pss_mib: float
    connections: int
    """Database connections that a hundred requests opened."""


@dataclass
class CountResult:
    calls: int
    queries: float


@dataclass
class Group:
    """Rows that were measured in turn, on servers of one shape with one number of sites."""

    shape: str
    count: int
    rows: dict[str, RowResult] = field(default_factory=dict)
    servers: dict[str, ServerResult] = field(default_factory=dict)
    counts: dict[str, CountResult] = field(default_factory=dict)


@dataclass
class Changes:
    refresh_seconds: float
    stale_seconds: list[float]
    """For each save, how long after it a visitor still got the old text."""
    hits_quiet: float | None
    hits_edited: float | None
    """The hit rate of sites that nobody edits, without and with an editor on others."""


@dataclass
class Results:
    date: str
    command: str
    machine: dict[str, str]
    seconds: float = 0.0
    groups: list[Group] = field(default_factory=list)
    changes: Changes | None = None

    def group(self, shape: str, count: int) -> Group | None:
        return next((group for group in self.groups if (group.shape, group.count) == (shape, count)), None)

    def row(self, shape: str, count: int, name: str) -> RowResult | None:
        group = self.group(shape, count)
        return group.rows.get(name) if group else None

    def save(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(file: Path) -> Results:
    given = json.loads(file.read_text())
    groups = [
        Group(
            group["shape"],
            group["count"],
            _each(group["rows"], lambda row: RowResult(**row)),
            _each(group["servers"], lambda server: ServerResult(**server)),
            _each(group["counts"], lambda counted: CountResult(**counted)),
        )
        for group in given.pop("groups")
    ]
    changes = given.pop("changes")
    return Results(**given, groups=groups, changes=Changes(**changes) if changes else None)


def _each(values: dict[str, Any], make: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: make(value) for name, value in values.items()}
