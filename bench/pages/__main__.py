"""`python -m bench.pages`: measures the product and its peers, and writes docs/benchmarks.md.

`--quick` needs nothing from the package index and judges no throughput: it checks each host's content and the exact
counts. `--only ROW ...` measures some rows and writes nothing.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bench.pages import changes, expected, machine
from bench.pages.competitors import COMPETITORS, GTHREAD, SHAPES, SYNC, Shape
from bench.pages.environments import VAR, install
from bench.pages.report import document
from bench.pages.report.goals import LARGE, MIDDLE, SMALL
from bench.pages.results import Results, load
from bench.pages.rounds import Plan, count_into, measure
from bench.pages.rows import BASELINE, Row, rows
from bench.pages.stores import Stores, running_stores

SAVED = VAR / "results.json"
QUICK = {"wsgi", "usual", "sites", "sites-menu", "sites-cache", "whitenoise"}
#: Peers that show how others grow with the number of sites.
GROWING = {"sites-menu", "wagtail-menu", "mezzanine-loader"}

ROUNDS = 5


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def options_from(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    names = [row.name for row in rows("")]
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="ten sites, short rounds, exact counts compared")
    kind.add_argument("--only", nargs="+", choices=names, metavar="ROW", help=f"one or more of: {', '.join(names)}")
    kind.add_argument("--render", action="store_true", help=f"write the document again from {SAVED.name}")
    parser.add_argument("--accept", action="store_true", help=f"with --quick: write {expected.FILE.name} instead")
    parser.add_argument("--sites", type=int, default=MIDDLE, help="with --only")
    parser.add_argument("--shape", choices=SHAPES, default=GTHREAD.name, help="with --only")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a round; wrk counts in whole ones")
    return parser.parse_args(arguments)


def prepare(stores: Stores, chosen: Sequence[Row], count: int) -> None:
    """Environments and databases of the rows, and the product's stylesheet, which every page links."""
    for project in dict.fromkeys(["colonnade", *(COMPETITORS[row.competitor].project for row in chosen)]):
        started = time.perf_counter()
        install(project)
        stores.fill(project, count)
        say(f"  {project} with {count:,} sites: {time.perf_counter() - started:.0f} s")


def quick(options: argparse.Namespace) -> int:
    with running_stores() as stores:
        chosen = [row for row in rows("") if row.name in QUICK or row.is_own]
        prepare(stores, chosen, SMALL)
        chosen = [row for row in rows(stores.stylesheet()) if row.name in QUICK or row.is_own]
        exact = [row for row in chosen if row.is_own]
        group = measure(Plan(GTHREAD, SMALL, chosen, rounds=1, seconds=1, warm_up=False, counted=exact), stores, say)
        if options.accept:
            expected.accept(group)
            return 0
        different = expected.differences(group)
        for row in exact:
            # On a busy machine Redis may respond too late, and the page is then made; so count once more.
            if row.name in different:
                count_into(group, [row], stores)
        different = expected.differences(group)
    for name, line in different.items():
        say(f"DIFFERENT: {name}: {line}")
    if different:
        say("If that is intended: python -m bench.pages --quick --accept")
    return 1 if different else 0


def only(options: argparse.Namespace) -> int:
    with running_stores() as stores:
        chosen = [row for row in rows("") if row.name in options.only]
        prepare(stores, chosen, options.sites)
        chosen = [row for row in rows(stores.stylesheet()) if row.name in options.only]
        measure(plan(options, SHAPES[options.shape], options.sites, chosen), stores, say)
    return 0


def everything(options: argparse.Namespace) -> int:
    started = time.monotonic()
    given = [] if options.rounds == ROUNDS else [f"ARGS=--rounds {options.rounds}"]
    with running_stores() as stores:
        for count, wanted in ((MIDDLE, rows("")), (SMALL, own()), (LARGE, own(GROWING))):
            prepare(stores, wanted, count)
        # After `prepare`, which installs the peers whose versions it names.
        command = shlex.join(["make", "bench-pages", *given])
        results = Results(f"{datetime.now(UTC):%Y-%m-%d}", command, machine.describe())
        css = stores.stylesheet()
        plans = [
            plan(options, GTHREAD, MIDDLE, rows(css)),
            replace(plan(options, SYNC, MIDDLE, [row for row in rows(css) if not row.one_site]), counted=()),
            plan(options, GTHREAD, SMALL, own(css=css)),
            replace(plan(options, GTHREAD, LARGE, own(GROWING, css=css)), starts=3),
        ]
        for each in plans:
            say(f"{each.shape.label}, {each.count:,} sites, {len(each.rows)} rows")
            results.groups.append(measure(each, stores, say))
        say("Changes of content")
        results.changes = changes.measure(MIDDLE, stores)
    results.seconds = time.monotonic() - started
    results.save(SAVED)
    document.write(results)
    say(f"Written: {document.PAGE.name}, {document.PLOT.name}, {SAVED}. {results.seconds / 60:.1f} minutes.")
    return 0


def plan(options: argparse.Namespace, shape: Shape, count: int, chosen: list[Row]) -> Plan:
    return Plan(shape, count, chosen, options.rounds, options.seconds, counted=[BASELINE, *chosen])


def own(others: set[str] | frozenset[str] = frozenset(), *, css: str = "") -> list[Row]:
    """The product's rows that every number of sites has, and some of others."""
    return [row for row in rows(css) if (row.is_own and not row.one_site) or row.name in {*others, "whitenoise"}]


def main(arguments: Sequence[str]) -> int:
    options = options_from(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped
    if options.render:
        document.write(load(SAVED))
        return 0
    return quick(options) if options.quick else only(options) if options.only else everything(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
