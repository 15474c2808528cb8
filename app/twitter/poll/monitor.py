"""Check-ins with Sentry's cron monitor, so that an operator learns of polls that fail or stop."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import perf_counter

import sentry_sdk
from sentry_sdk.crons import capture_checkin

from app.twitter.poll.summary import DONE, Summary

POLL_MONITOR = "poll-twitter"
FLUSH_SECONDS = 2.0


def monitor_poll(poll: Callable[[], Summary]) -> Summary:
    """Runs the poll; checks in before it, and after it with ok or error. Sends nothing without a DSN.

    An exception and an exit code other than 0 are errors. Waits up to two seconds for the network, because the
    process is about to end.
    """
    check_in, started, ok = uuid.uuid4().hex, perf_counter(), False
    capture_checkin(POLL_MONITOR, check_in, "in_progress")
    try:
        summary = poll()
        ok = summary.exit_code == DONE
        return summary
    finally:
        capture_checkin(POLL_MONITOR, check_in, "ok" if ok else "error", perf_counter() - started)
        sentry_sdk.flush(FLUSH_SECONDS)
