"""The table of docs/security.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bench.documents import put
from bench.faults.measure import Outcome
from bench.faults.visitors import VISITORS
from bench.pages.machine import first_line, hardware
from tests.support.programs import ROOT

PAGE = ROOT / "docs" / "security.md"
HEAD = "| fault | stored pages | pages from the database | longest wait | recovered | probes | memory | poll |"


def line(outcome: Outcome) -> str:
    notes = "".join(f"; {note}" for note in outcome.notes)
    probes = f"`/livez` {outcome.livez_failed}, `/readyz` {outcome.readyz_failed} failed"
    cells = [
        outcome.scenario.title + notes,
        str(outcome.stored),
        str(outcome.made),
        f"{outcome.stored.longest_seconds:.1f} s stored, {outcome.made.longest_seconds:.1f} s others",
        "-" if not outcome.recovered_seconds else f"{outcome.recovered_seconds:.1f} s",
        probes,
        f"{outcome.memory_before:.0f} → {outcome.memory_after:.0f} MiB",
        f"exit {outcome.poll_status}, then {outcome.wrong_tweets} posts wrong",
    ]
    return f"| {' | '.join(cells)} |"


def table(outcomes: Sequence[Outcome]) -> str:
    programs = ", ".join(first_line(name, "--version") for name in ("postgres", "redis-server"))
    wrong = sum(outcome.wrong for outcome in outcomes)
    requests = sum(outcome.stored.requests + outcome.made.requests for outcome in outcomes)
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, `make bench-faults`, {hardware()}, {programs}. {VISITORS} visitors,"
        f" {requests:,} requests in all, **{wrong} responses of a wrong site**.",
        "",
        HEAD,
        "|---|---|---|---|---|---|---|---|",
        *map(line, outcomes),
    ]
    return "\n".join(lines)


def write(outcomes: Sequence[Outcome]) -> None:
    PAGE.write_text(put(PAGE.read_text(), "faults", table(outcomes)))
