"""What one credential may still send and read. Threads share a `Quota`; it never waits for a rate window."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.twitter.models import RateWindow
from app.twitter.quota.shares import DayReads
from app.twitter.x.errors import CredentialError, QuotaExceeded, RateLimited, Transient, XError

# After so many requests in a row without a response, the rest of the run is not sent.
MAX_TIMEOUTS = 4


@dataclass
class Reservation:
    """A request in progress: how many results it may bring, and for which sites it brought how many."""

    size: int
    received: Sequence[Collection[int]] = ()


class Quota:
    def __init__(self, credential: str, *, day: DayReads, windows: Iterable[RateWindow], now: dt.datetime) -> None:
        self.credential = credential
        self.windows = {window.endpoint: window for window in windows}
        self.error: CredentialError | None = None  # X's, once it refused this credential
        self._now = now
        self._day = day
        self._reserved = 0
        self._timeouts = 0
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, endpoint: str, *, least: int, most: int, wanted: Mapping[int, int]) -> Iterator[Reservation]:
        """Reserves `least` to `most` reads for one request, which wants up to so many for each site.

        Raises `RateLimited`, `QuotaExceeded`, or X's earlier refusal of this credential. Errors raised inside the
        block count for later requests.
        """
        reservation = self._take(endpoint, least, most, wanted)
        try:
            yield reservation
        except XError as error:
            self._note(endpoint, error)
            raise
        else:
            self._note(endpoint, None)
        finally:
            with self._changed:
                self._reserved -= reservation.size
                self._day.count(reservation.received)
                self._changed.notify_all()

    def note_window(self, path: str, *, remaining: int, reset_at: dt.datetime) -> None:
        window = RateWindow(
            credential=self.credential, endpoint=path, remaining=remaining, reset_at=reset_at, seen_at=self._now
        )
        with self._changed:
            self.windows[path] = window

    def exceeded(self) -> QuotaExceeded:
        tomorrow = (self._now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return QuotaExceeded("Today's quota of reads, or this site's part of it, is used up.", reset_at=tomorrow)

    def _take(self, endpoint: str, least: int, most: int, wanted: Mapping[int, int]) -> Reservation:
        with self._changed:
            self._check(endpoint)
            # Other requests may not use all that they reserved; only then is it known whether there is room.
            while self._day.room(wanted, reserved=self._reserved) < least and self._reserved:
                self._changed.wait()
                self._check(endpoint)
            room = self._day.room(wanted, reserved=self._reserved)
            if room < least:
                raise self.exceeded()
            size = min(most, room)
            self._reserved += size
            return Reservation(size)

    def _check(self, endpoint: str) -> None:
        if self.error is not None:
            raise self.error
        if self._timeouts >= MAX_TIMEOUTS:
            raise Transient("X did not respond to several requests in a row; this one was not sent.")
        window = self.windows.get(endpoint)
        if window and window.is_full(self._now):
            raise RateLimited(reset_at=window.reset_at)

    def _note(self, endpoint: str, error: XError | None) -> None:
        if isinstance(error, RateLimited):
            self.note_window(endpoint, remaining=0, reset_at=error.reset_at)
        with self._changed:
            self._timeouts = self._timeouts + 1 if isinstance(error, Transient) else 0
            if isinstance(error, CredentialError):
                self.error = error
