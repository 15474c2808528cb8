"""The state of a feed: when it is due, and what a success or a failure changes."""

from __future__ import annotations

import datetime as dt

import pytest

from app.twitter.feed_state import FeedState, Status
from app.twitter.x.errors import BadCredentials, RateLimited, SourceGone, Transient, XError
from app.twitter.x.posts import Post

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=2)


def post(remote_id: int) -> Post:
    return Post(remote_id, "Lift-off", NOW - dt.timedelta(minutes=1), author_id=1)


def minutes(state: FeedState) -> float | None:
    return (state.next_poll_at - NOW) / dt.timedelta(minutes=1) if state.next_poll_at else None


def test_it_works() -> None:
    failed = FeedState(since_id=5).failed(NOW, SourceGone("Gone."), failures=1)
    assert (failed.status(NOW), failed.last_error, failed.is_due(NOW)) == (Status.FAILING, "Gone.", False)

    fine = failed.succeeded(LATER, post(7))

    assert (fine.status(LATER), fine.last_error, fine.failures, fine.since_id) == (Status.OK, "", 0, 7)
    assert fine.is_due(LATER)


def test_cursor_never_moves_back() -> None:
    assert FeedState(since_id=9).succeeded(NOW, post(7)).since_id == 9
    assert FeedState(since_id=9).succeeded(NOW, None).since_id == 9


@pytest.mark.parametrize(
    ("error", "failures", "wait"),
    [
        (Transient("No response."), 2, None),
        (Transient("No response."), 3, 5),
        (Transient("No response."), 5, 20),
        (Transient("No response."), 99, 60),
        (SourceGone("Gone."), 1, 15),
        (SourceGone("Gone."), 3, 60),
        (SourceGone("Gone."), 99, 24 * 60),
        (BadCredentials("Refused."), 9, None),
    ],
)
def test_failure_waits_longer_each_time(error: XError, failures: int, wait: float | None) -> None:
    state = FeedState().failed(NOW, error, failures=failures)

    assert minutes(state) == wait
    assert state.is_due(NOW) == (wait is None)


def test_rate_limit_is_no_failure() -> None:
    state = FeedState(requested_at=NOW).failed(NOW, RateLimited(reset_at=LATER), failures=1)

    assert (state.failures, state.last_error, state.next_poll_at) == (0, "", LATER)
    assert state.status(NOW) == Status.QUEUED  # a requested poll stays queued
    assert state.is_due(NOW)


def test_requested_poll_ends_a_wait() -> None:
    waiting = FeedState(failures=3, next_poll_at=LATER, tried_at=NOW)

    assert waiting.waits_until(NOW) == LATER
    assert FeedState(failures=3, next_poll_at=LATER, tried_at=NOW, requested_at=NOW).waits_until(NOW) is None
    assert waiting.succeeded(NOW, None).requested_at is None


def test_wait_ends_when_the_clock_was_set_back() -> None:
    assert FeedState(failures=3, next_poll_at=LATER, tried_at=LATER).is_due(NOW)
