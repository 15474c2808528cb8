"""How much one credential may still ask and read. Threads share an `Allowance`; it never waits for a window."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.twitter.x.client import Headers
from app.twitter.x.errors import UNUSABLE, BudgetSpent, RateLimited, Transient, XError

# So many questions in a row without an answer, and the rest of the run does not wait for the same silence.
SILENCES = 4


@dataclass(frozen=True, slots=True)
class Window:
    """What X last said about an endpoint; void when the clock is before `seen_at`."""

    remaining: int
    reset_at: dt.datetime
    seen_at: dt.datetime


class Reading:
    """One question under way: how much it may read, and what it read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = 0


class Allowance:
    def __init__(self, *, reads_left: int, windows: dict[str, Window], now: dt.datetime) -> None:
        self.windows = windows
        self.refused: XError | None = None
        self._now = now
        self._left = reads_left
        self._reserved = 0
        self._silences = 0
        self._changed = threading.Condition()

    @contextmanager
    def reading(self, endpoint: str, *, least: int, most: int) -> Iterator[Reading]:
        """Room for one question of `least` to `most` reads. Raises `RateLimited`, `BudgetSpent`, or what X
        said to this credential before; notes what X says now."""
        reading = self._reserve(endpoint, least, most)
        try:
            yield reading
        except XError as error:
            self._note(endpoint, error)
            raise
        else:
            self._note(endpoint, None)
        finally:
            with self._changed:
                self._reserved -= reading.size
                self._left -= reading.received
                self._changed.notify_all()

    def heard(self, headers: Headers) -> None:
        with self._changed:
            self.windows[headers.endpoint] = Window(headers.remaining, headers.reset_at, self._now)

    def budget_spent(self) -> BudgetSpent:
        tomorrow = (self._now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return BudgetSpent("Today's budget of reads is used up.", reset_at=tomorrow)

    def _reserve(self, endpoint: str, least: int, most: int) -> Reading:
        with self._changed:
            self._refuse(endpoint)
            # What other questions reserved may come back unread; only then is it known whether there is room.
            while self._left - self._reserved < least and self._reserved:
                self._changed.wait()
                self._refuse(endpoint)
            room = self._left - self._reserved
            if room < least:
                raise self.budget_spent()
            size = min(most, room)
            self._reserved += size
            return Reading(size)

    def _refuse(self, endpoint: str) -> None:
        if self.refused is not None:
            raise self.refused
        if self._silences >= SILENCES:
            raise Transient("X did not answer several questions in a row; this one was not asked.")
        window = self.windows.get(endpoint)
        if window and window.remaining <= 0 and window.seen_at <= self._now < window.reset_at:
            raise RateLimited("X asks to wait: too many questions in this window.", reset_at=window.reset_at)

    def _note(self, endpoint: str, error: XError | None) -> None:
        with self._changed:
            self._silences = self._silences + 1 if isinstance(error, Transient) else 0
            if isinstance(error, UNUSABLE):
                self.refused = error
            elif isinstance(error, RateLimited):
                self.windows[endpoint] = Window(0, error.reset_at, self._now)
