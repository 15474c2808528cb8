"""One fault: visitors before, during and after it, and what they saw."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.faults.platform import Platform
from bench.faults.scenarios import Scenario
from bench.faults.visitors import BROKEN, OK, REFUSED, WRONG, Visit, visited

BEFORE_SECONDS = 2.0
AFTER_SECONDS = 4.0
#: Of a stored page, whatever happens: a request that waits for a thread is tried without one after 0.5 s.
LONGEST_STORED_SECONDS = 4.0
#: Beyond what the allocator keeps of a busy moment.
GROWTH_MIB = 16.0


@dataclass(frozen=True, slots=True)
class Pages:
    """Requests of one kind that began, or had not ended, while the fault lasted, or later."""

    requests: int
    refused: int
    broken: int
    longest_seconds: float

    def __str__(self) -> str:
        failed = [f"{count} {name}" for name, count in (("with 503", self.refused), ("broken", self.broken)) if count]
        return f"{self.requests:,}: " + (", ".join(failed) or "0 failed")


@dataclass
class Outcome:
    scenario: Scenario
    notes: list[str]
    stored: Pages
    made: Pages
    wrong: int
    recovered_seconds: float
    """From the end of the fault to the end of the last request that failed; 0 if none failed later."""
    livez_failed: int
    readyz_failed: int
    memory_before: float
    memory_after: float
    poll_status: int
    wrong_tweets: int
    """After another poll, when the fault was over."""
    not_ok: list[str] = field(default_factory=list)


def measure(scenario: Scenario, platform: Platform) -> Outcome:
    platform.write_posts()
    platform.notes = []
    memory_before = platform.memory_mib()
    with visited(platform) as crowd:
        time.sleep(BEFORE_SECONDS)
        with scenario.fault(platform):
            poll, began = platform.poll(), time.monotonic()
        over = time.monotonic()
        status = poll.end()
        time.sleep(AFTER_SECONDS)
    again = platform.poll().end()
    visits = [visit for visit in crowd.visits if visit.ended >= began]
    failed_later = [visit.ended - over for visit in visits if visit.result != OK and visit.ended > over]
    outcome = Outcome(
        scenario,
        platform.notes,
        _pages([visit for visit in visits if visit.stored]),
        _pages([visit for visit in visits if not visit.stored]),
        sum(1 for visit in visits if visit.result == WRONG),
        max(failed_later, default=0.0),
        crowd.probes.failures("/livez", began),
        crowd.probes.failures("/readyz", began),
        memory_before,
        platform.memory_mib(),
        status,
        platform.wrong_tweets(),
    )
    if crowd.retried:
        platform.notes.append(
            f"{crowd.retried} requests sent again, as proxies do, because a kept connection was closed"
        )
    outcome.not_ok = list(_faults_of(outcome, again))
    return outcome


def _pages(visits: Sequence[Visit]) -> Pages:
    return Pages(
        len(visits),
        sum(1 for visit in visits if visit.result == REFUSED),
        sum(1 for visit in visits if visit.result == BROKEN),
        max((visit.ended - visit.began for visit in visits), default=0.0),
    )


def _faults_of(outcome: Outcome, second_poll: int) -> list[str]:
    scenario, found = outcome.scenario, []
    if outcome.wrong:
        found.append(f"{outcome.wrong} responses of a wrong site")
    if not scenario.stored_pages_fail and outcome.stored.refused + outcome.stored.broken:
        found.append("stored pages failed")
    if not scenario.pages_fail and outcome.made.refused + outcome.made.broken:
        found.append("pages from the database failed")
    if outcome.stored.longest_seconds > LONGEST_STORED_SECONDS:
        found.append(f"a stored page took {outcome.stored.longest_seconds:.1f} s")
    if outcome.recovered_seconds > AFTER_SECONDS - 1:
        found.append("requests still fail")
    if outcome.livez_failed:
        found.append("/livez failed: the kubelet could restart the pod")
    if outcome.memory_after > outcome.memory_before + GROWTH_MIB:
        found.append(f"memory grew by {outcome.memory_after - outcome.memory_before:.0f} MiB")
    if second_poll or outcome.wrong_tweets:
        found.append(f"after the second poll (status {second_poll}) {outcome.wrong_tweets} posts are wrong")
    return found
