"""The goals for the product's speed, and what a run says about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.pages.results import Results

MIDDLE, LARGE, SMALL = 1_000, 10_000, 10
SHAPES = ("gthread", "sync")
FLAT = ("own", "own-redis", "own-uncached", "own-home", "own-unknown", "own-alias", "own-livez", "own-static")


@dataclass(frozen=True, slots=True)
class Finding:
    """`met` is None when the run did not measure it."""

    figure: str
    met: bool | None = None


NOT_MEASURED = Finding("not measured")


@dataclass(frozen=True, slots=True)
class Goal:
    label: str
    text: str
    find: Callable[[Results], Finding]


def ratio(results: Results, shape: str, count: int, name: str) -> float | None:
    row = results.row(shape, count, name)
    return row.ratio if row else None


def at_least(
    name: str, limits: dict[tuple[str, int], float], *, queries: float | None = None
) -> Callable[[Results], Finding]:
    """The ratio of a row reaches a limit for each shape and number of sites; and its queries are not more."""

    def find(results: Results) -> Finding:
        figures: list[str] = []
        met = True
        for (shape, count), limit in limits.items():
            found = ratio(results, shape, count, name)
            if found is None:
                return NOT_MEASURED
            figures.append(f"{found:.2f} {shape}" + (f" at {count:,} sites" if count != MIDDLE else ""))
            met = met and found >= limit
        counted = results.group("gthread", MIDDLE)
        if queries is not None and counted is not None:
            figures.append(f"{counted.counts[name].queries:g} queries")
            met = met and counted.counts[name].queries <= queries
        return Finding(", ".join(figures), met)

    return find


def relative_to(name: str, other: str, limit: float) -> Callable[[Results], Finding]:
    """The median of the row's throughput relative to another row of the same rounds."""

    def find(results: Results) -> Finding:
        figures: list[str] = []
        met = True
        for shape in SHAPES:
            row, base = results.row(shape, MIDDLE, name), results.row(shape, MIDDLE, other)
            if row is None or base is None:
                return NOT_MEASURED
            found = median(a / b for a, b in zip(row.per_second, base.per_second, strict=True))
            figures.append(f"{found:.2f} {shape}")
            met = met and found >= limit
        return Finding(", ".join(figures), met)

    return find


def flatness(results: Results) -> Finding:
    """The largest change of a ratio between 10 and 10,000 sites, and of the function calls, which have no noise."""
    small, large = results.group("gthread", SMALL), results.group("gthread", LARGE)
    if small is None or large is None:
        return NOT_MEASURED
    names = [name for name in FLAT if name in small.rows and name in large.rows]
    changes = {name: large.rows[name].ratio / small.rows[name].ratio - 1 for name in names}
    worst = min(changes, key=lambda name: changes[name])
    calls = max(abs(large.counts[name].calls / small.counts[name].calls - 1) for name in names)
    figure = f"{changes[worst]:+.0%} at worst ({worst}); function calls change by {calls:.1%} at most"
    return Finding(figure, changes[worst] > -0.05)


def memory(results: Results) -> Finding:
    group = results.group("gthread", LARGE)
    if group is None:
        return NOT_MEASURED
    more = group.servers["own-uncached"].pss_mib - group.servers["django"].pss_mib
    return Finding(f"+ {more:.0f} MiB", more <= 40)


def start(results: Results) -> Finding:
    group = results.group("gthread", LARGE)
    if group is None:
        return NOT_MEASURED
    more = median(group.servers["own"].starts) - median(group.servers["django"].starts)
    return Finding(f"+ {more:.2f} s", more <= 1.0)


def tail(results: Results) -> Finding:
    figures: list[str] = []
    met = True
    for shape in SHAPES:
        row = results.row(shape, MIDDLE, "own")
        if row is None:
            return NOT_MEASURED
        figures.append(f"{median(row.p99_ratios):.2f} × {shape}")
        met = met and median(row.p99_ratios) <= 2
    return Finding(", ".join(figures), met)


def freshness(results: Results) -> Finding:
    changes = results.changes
    if changes is None:
        return NOT_MEASURED
    limit = changes.refresh_seconds + 0.2
    return Finding(f"{max(changes.stale_seconds):.2f} s at most", max(changes.stale_seconds) <= limit)


def hit_rate(results: Results) -> Finding:
    changes = results.changes
    if changes is None or changes.hits_quiet is None or changes.hits_edited is None:
        return NOT_MEASURED
    figure = f"{changes.hits_edited:.2%}, {changes.hits_quiet:.2%} without the editor"
    return Finding(figure, changes.hits_edited >= changes.hits_quiet - 0.001)


BOTH = {("gthread", MIDDLE): 1.0, ("sync", MIDDLE): 1.0}
GOALS = [
    Goal(
        "anonymous page, cached in the process",
        "≥ 1.2 in both shapes, ≥ 1.3 at 10,000 sites, no query",
        at_least("own", {("gthread", MIDDLE): 1.2, ("sync", MIDDLE): 1.2, ("gthread", LARGE): 1.3}, queries=0),
    ),
    Goal("anonymous page, cached in Redis only", "≥ 0.7", at_least("own-redis", {("gthread", MIDDLE): 0.7})),
    Goal(
        "anonymous page, uncached",
        "≥ 0.40 sync, ≥ 0.25 gthread, 1 query",
        at_least("own-uncached", {("sync", MIDDLE): 0.40, ("gthread", MIDDLE): 0.25}, queries=1),
    ),
    Goal("uncached page with row security", "≥ 0.9 × without", relative_to("own-row-security", "own-uncached", 0.9)),
    Goal("home page with a feed, uncached", "≥ 0.85 × the plain page", relative_to("own-home", "own-uncached", 0.85)),
    Goal(
        "uncached page with cookies of analytics", "≥ 0.9 × without", relative_to("own-analytics", "own-uncached", 0.9)
    ),
    Goal("unknown host", "≥ 1.0, no query", at_least("own-unknown", BOTH, queries=0)),
    Goal("alias, redirect", "≥ 1.0, no query", at_least("own-alias", BOTH, queries=0)),
    Goal("probe", "≥ 1.0, no query", at_least("own-livez", BOTH, queries=0)),
    Goal("static file", "≥ 1.5 × WhiteNoise's middleware", relative_to("own-static", "whitenoise", 1.5)),
    Goal("10,000 sites with 100,000 domains instead of 10 sites", "< 5 % slower on every row", flatness),
    Goal("memory per worker (PSS) at 10,000 sites, without the page cache", "≤ bare Django + 40 MiB", memory),
    Goal("start to the first page at 10,000 sites", "≤ bare Django + 1 s", start),
    Goal("p99 of a cached page under 16 connections", "≤ 2 × bare Django's", tail),
    Goal("save of a page → new text in every process", "≤ `SITES_REFRESH_SECONDS` + 0.2 s", freshness),
    Goal("one editor who saves every second, on 100 sites in turn", "hit rate of other sites unchanged", hit_rate),
]
