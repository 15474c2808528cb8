"""Markdown tables of the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from bench.pages.competitors import COMPETITORS
from bench.pages.report.goals import GOALS, LARGE, MIDDLE, SMALL
from bench.pages.results import Group, Results
from bench.pages.rows import BASELINE, Row, rows

NONE = "–"


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """The first column is text, the others are numbers."""
    rule = ["---", *("--:" for _ in heading[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, rule, *lines))


def goals(results: Results) -> str:
    lines = []
    for goal in GOALS:
        found = goal.find(results)
        lines.append((goal.label, goal.text, found.figure, {True: "yes", False: "**no**", None: NONE}[found.met]))
    heading = ("", "goal", "measured", "met")
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, ("---",) * 4, *lines))


def throughput(results: Results, *, own: bool) -> str:
    """The rows of the product, or of the others, at 1,000 sites."""
    gthread, sync = results.group("gthread", MIDDLE), results.group("sync", MIDDLE)
    counted = gthread or sync
    heading = ("", "2 gthread × 4", "2 sync", "queries", "function calls", "CPU ms", "p50 ms", "p99 ms")
    lines = []
    for row in ([] if own else [BASELINE]) + [row for row in rows("") if row.is_own == own]:
        if counted is None or row.name not in counted.rows:
            continue
        exact, timed = counted.counts.get(row.name), counted.rows[row.name]
        lines.append((
            row.label,
            spread(gthread, row),
            spread(sync, row),
            f"{exact.queries:g}" if exact else NONE,
            f"{exact.calls:,}" if exact else NONE,
            number(median(timed.cpu_ms)),
            number(median(timed.p50_ms)),
            number(median(timed.p99_ms)),
        ))  # fmt: skip
    return table(heading, lines)


def sizes(results: Results) -> str:
    """The same rows with different numbers of sites, in threads."""
    counts = (SMALL, MIDDLE, LARGE)
    groups = [results.group("gthread", count) for count in counts]
    heading = ("", *(f"{count:,} sites" for count in counts), *(f"calls at {count:,}" for count in (SMALL, LARGE)))
    lines = []
    for row in rows(""):
        if groups[-1] is None or row.name not in groups[-1].rows:
            continue
        label = row.label if not row.is_own else f"Colonnade: {row.label}"
        lines.append((label, *(spread(group, row) for group in groups), calls(groups[0], row), calls(groups[-1], row)))
    return table(heading, lines)


def servers(results: Results) -> str:
    """Memory, start and connections of each server, in threads."""
    groups = [group for count in (MIDDLE, LARGE) if (group := results.group("gthread", count))]
    heading = ["", "connections for 100 requests"]
    for group in groups:
        heading += [f"PSS per worker, MiB, {group.count:,} sites", f"start, s, {group.count:,} sites"]
    lines = []
    for name, competitor in COMPETITORS.items():
        measured = [group.servers.get(name) for group in groups]
        if not any(measured):
            continue
        first = next(server for server in measured if server)
        cells = [competitor.label, str(first.connections)]
        for server in measured:
            cells += [f"{server.pss_mib:.0f}", f"{median(server.starts):.2f}"] if server else [NONE, NONE]
        lines.append(cells)
    return table(heading, lines)


def spread(group: Group | None, row: Row) -> str:
    """Median, least and greatest ratio."""
    result = group.rows.get(row.name) if group else None
    if result is None:
        return NONE
    if row is BASELINE:
        return "1"
    return f"**{number(result.ratio)}** ({number(min(result.ratios))}–{number(max(result.ratios))})"


def calls(group: Group | None, row: Row) -> str:
    return f"{group.counts[row.name].calls:,}" if group and row.name in group.counts else NONE


def number(value: float) -> str:
    """Two significant digits below one, and no more than two decimals."""
    return (
        f"{value:.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 0.1
        else f"{value:.3f}"
    )
