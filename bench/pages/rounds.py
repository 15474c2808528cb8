"""A group of rows: all servers started, each row checked and warmed up, then short rounds in turn.

Only one server is under load at a time. The bare Django view is measured again before every few rows, so that a ratio
compares two measurements that are seconds apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.pages.competitors import COMPETITORS, Shape
from bench.pages.counts import count, opened_connections
from bench.pages.load import Load, run, write
from bench.pages.results import CountResult, Group, RowResult, ServerResult
from bench.pages.rows import BASELINE, Row
from bench.pages.servers import Server, WrongPage, serving
from bench.pages.stores import Stores
from tests.support import http

BASELINE_EVERY = 6
WARM_UP_SECONDS = 1
MOST_WARM_UP_SECONDS = 60
CHECKED_SITES = 5
LONGEST_SECONDS = 30
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    shape: Shape
    count: int
    rows: Sequence[Row]
    rounds: int
    seconds: float
    starts: int = 1
    """How often the product and the bare Django view are started, to measure that."""
    warm_up: bool = True
    counted: Sequence[Row] = ()


class Target:
    """A row with its server and its file of requests; rounds go on where the last one ended."""

    def __init__(self, row: Row, server: Server, folder: Path) -> None:
        self.row, self.server, self.sent = row, server, 0
        self.sites, self.requests = row.sites(server.count), row.requests(server.count)
        self.file = write(self.requests, folder / f"{row.name}-{server.shape.name}-{server.count}")

    def check(self, turn: int) -> None:
        """Raises `WrongPage` if the first site, the last one or one of some in between gets a wrong response."""
        step = max(1, len(self.sites) // CHECKED_SITES)
        for place in {0, len(self.sites) - 1, *range(turn % step, len(self.sites), step)}:
            request = self.requests[place]
            response = http.request(self.server.port, request.path, host=request.host, headers=dict(request.headers))
            wrong = self.row.check(response, self.sites[place])
            if wrong:
                raise WrongPage(f"{self.row.label}, {request.host}{request.path}: {wrong}")

    def load(self, seconds: float) -> Load:
        """Raises `WrongPage`. If no response came in time, the row gets a longer round."""
        result = run(self.server.port, self.file, seconds=seconds, first=self.sent, connections=self.row.connections)
        self.sent += result.requests
        wrong = result.requests - result.refused if self.row.refused else result.refused
        if not result.requests and not result.broken and seconds < LONGEST_SECONDS:
            return self.load(seconds * 4)
        if wrong or result.broken or not result.requests:
            raise WrongPage(
                f"{self.row.label}: {wrong} wrong and {result.broken} missing of {result.requests} responses"
            )
        return result

    def warm_up(self) -> None:
        """At least a second, and until a cache has the pages of all sites."""
        wanted = self.row.passes * len(self.sites)
        end = time.monotonic() + MOST_WARM_UP_SECONDS
        self.load(WARM_UP_SECONDS)
        while self.sent < wanted and time.monotonic() < end:
            self.load(WARM_UP_SECONDS)


def measure(plan: Plan, stores: Stores, say: Say) -> Group:
    """Raises `WrongPage` if a competitor serves anything but its page."""
    group = Group(plan.shape.name, plan.count)
    names = dict.fromkeys([BASELINE.competitor, *(row.competitor for row in plan.rows)])
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name in names:
            log = stores.folder / f"{name}.log"
            server = stack.enter_context(serving(COMPETITORS[name], plan.count, plan.shape, stores, log))
            servers[name] = server
            say(f"  {server.competitor.label}: first page after {server.start_seconds:.2f} s")
        baseline, *targets = [Target(row, servers[row.competitor], stores.folder) for row in (BASELINE, *plan.rows)]
        for target in (baseline, *targets):
            target.check(0)
            if plan.warm_up:
                target.warm_up()
        say("  every row serves the right content of the first hosts")
        for turn in range(plan.rounds):
            _round(turn, baseline, targets, plan.seconds, group)
            say(f"  round {turn + 1} of {plan.rounds}")
        for name, server in servers.items():
            first = next(target for target in (baseline, *targets) if target.server is server)
            opened = opened_connections(server, first.requests, stores)
            group.servers[name] = ServerResult([server.start_seconds], server.pss_mib(), opened)
    for name in (BASELINE.competitor, "own") if plan.starts > 1 else ():
        group.servers[name].starts += [_start(plan, name, stores) for _ in range(plan.starts - 1)]
    if plan.counted:
        say("  counting calls and queries")
    count_into(group, plan.counted, stores)
    for name, result in group.rows.items():
        say(summary(name, result, group))
    return group


def count_into(group: Group, rows: Sequence[Row], stores: Stores) -> None:
    """Counts the calls and queries of rows at the group's number of sites."""
    for row in rows:
        counted = count(COMPETITORS[row.competitor], row.requests(group.count), group.count, stores)
        group.counts[row.name] = CountResult(counted.calls, counted.queries)


def _start(plan: Plan, name: str, stores: Stores) -> float:
    with serving(COMPETITORS[name], plan.count, plan.shape, stores, stores.folder / f"{name}.log") as server:
        return server.start_seconds


def _round(turn: int, baseline: Target, targets: Sequence[Target], seconds: float, group: Group) -> None:
    base: Load | None = None
    for place, target in enumerate(targets):
        if base is None or place % BASELINE_EVERY == 0:
            base = _measure_once(baseline, seconds, group, None, turn)
        _measure_once(target, seconds, group, base, turn)


def _measure_once(target: Target, seconds: float, group: Group, base: Load | None, turn: int) -> Load:
    target.check(turn)
    before = target.server.cpu_seconds()
    load = target.load(seconds)
    used = target.server.cpu_seconds() - before
    base = base or load
    result = group.rows.setdefault(target.row.name, RowResult())
    result.ratios.append(load.per_second / base.per_second)
    result.p99_ratios.append(load.p99_ms / base.p99_ms)
    result.per_second.append(load.per_second)
    result.p50_ms.append(load.p50_ms)
    result.p99_ms.append(load.p99_ms)
    result.cpu_ms.append(used * 1000 / load.requests)
    return load


def summary(name: str, result: RowResult, group: Group) -> str:
    """A line for the terminal."""
    counted = group.counts.get(name)
    exact = f"  {counted.calls:>7} calls  {counted.queries:>5.1f} queries" if counted else ""
    low, high = min(result.ratios), max(result.ratios)
    return f"  {name:<22} {result.ratio:>6.3f} ({low:.3f}-{high:.3f}){exact}"
