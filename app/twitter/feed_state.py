"""What polling knows of a feed: when it is due, and what a success or a failure changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from app.twitter.x.errors import CredentialError, Deferred, Transient, XError
from app.twitter.x.posts import Post

MAX_WAIT = dt.timedelta(hours=24)
MAX_TRANSIENT_WAIT = dt.timedelta(hours=1)


class Status(models.TextChoices):
    OFF = "off", _("off")
    NEW = "new", _("not polled yet")
    QUEUED = "queued", _("queued")
    FAILING = "failing", _("failing")
    WAITING = "waiting", _("waiting")
    OK = "ok", _("ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The fields of a feed that polls write. Methods return the next state and change nothing."""

    succeeded_at: dt.datetime | None = None
    tried_at: dt.datetime | None = None
    next_poll_at: dt.datetime | None = None  # None: the next run
    requested_at: dt.datetime | None = None
    last_error: str = ""
    failures: int = 0  # in a row
    # The cursor: the feed has every post up to this one, which was written at this time.
    since_id: int | None = None
    since_at: dt.datetime | None = None

    def is_due(self, now: dt.datetime) -> bool:
        # `next_poll_at` binds only after a failure. Otherwise it is information: the rate window and the quota decide.
        if self.requested_at or not self.failures or self.next_poll_at is None or self.next_poll_at <= now:
            return True
        # A last try in the future means that the clock was set back; then `next_poll_at` is wrong too.
        return self.tried_at is not None and self.tried_at > now

    def waits_until(self, now: dt.datetime) -> dt.datetime | None:
        """None when the next run polls the feed."""
        waits = self.next_poll_at is not None and self.next_poll_at > now and not self.requested_at
        return self.next_poll_at if waits else None

    def status(self, now: dt.datetime) -> Status:
        if self.requested_at:
            return Status.QUEUED
        if self.last_error:
            return Status.FAILING
        if self.waits_until(now):
            return Status.WAITING
        return Status.OK if self.succeeded_at else Status.NEW

    def succeeded(self, now: dt.datetime, newest: Post | None) -> Self:
        """`newest` is the post up to which the feed is now complete; the cursor never moves back."""
        state = replace(
            self, succeeded_at=now, tried_at=now, next_poll_at=None, requested_at=None, last_error="", failures=0
        )
        if newest and newest.remote_id > (self.since_id or 0):
            state = replace(state, since_id=newest.remote_id, since_at=newest.created_at)
        return state

    def failed(self, now: dt.datetime, error: XError, *, failures: int) -> Self:
        """`failures` counts this failure and those before it, of all feeds that follow the same source."""
        if isinstance(error, Deferred):
            return replace(self, tried_at=now, next_poll_at=error.reset_at)  # a requested poll stays queued
        state = replace(self, tried_at=now, next_poll_at=None, requested_at=None, last_error=error.message)
        if isinstance(error, CredentialError):
            return state
        wait = _wait(error, failures)
        return replace(state, failures=failures, next_poll_at=now + wait if wait else None)

    def changes(self, new: FeedState) -> dict[str, Any]:
        """The fields in which `new` differs, and their new values."""
        before = asdict(self)
        return {name: value for name, value in asdict(new).items() if value != before[name]}


def _wait(error: XError, failures: int) -> dt.timedelta | None:
    """A wait that doubles with each failure. None after the first two transient errors."""
    if not isinstance(error, Transient):
        return min(_doubled(dt.timedelta(minutes=15), failures - 1), MAX_WAIT)
    return min(_doubled(dt.timedelta(minutes=5), failures - 3), MAX_TRANSIENT_WAIT) if failures >= 3 else None


def _doubled(wait: dt.timedelta, times: int) -> dt.timedelta:
    return wait * (1 << min(times, 10))
