"""Check-ins with Sentry's cron monitor, so that an operator learns of polls that fail or stop."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import sentry_sdk
from sentry_sdk.crons import capture_checkin

POLL_MONITOR = "poll-twitter"
FLUSH_SECONDS = 2.0


class MonitoredPoll:
    """Reports a poll that ends without an exception but is not a success."""

    failed = False

    def fail(self) -> None:
        self.failed = True


@contextmanager
def monitor_poll() -> Iterator[MonitoredPoll]:
    """Checks in at the start, and at the end with ok or error; sends nothing without a DSN.

    An exception is an error. Waits up to two seconds for the network, because the process is about to end.
    """
    poll, check_in, started = MonitoredPoll(), uuid.uuid4().hex, perf_counter()
    capture_checkin(POLL_MONITOR, check_in, "in_progress")
    ok = False
    try:
        yield poll
        ok = not poll.failed
    finally:
        capture_checkin(POLL_MONITOR, check_in, "ok" if ok else "error", perf_counter() - started)
        sentry_sdk.flush(FLUSH_SECONDS)
