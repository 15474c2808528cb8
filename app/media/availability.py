"""A bucket that does not respond must not hold every thread: each would wait for it as long as its timeouts allow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from django.conf import settings

PAUSE_SECONDS = 5.0
PLACE_SECONDS = 1.0


class NotTried(OSError):
    """The bucket did not respond to an earlier request, or too many wait for it: this one was not sent."""


class Availability:
    """After a request without a response, none is sent for a while; then one finds out whether the bucket is back."""

    def __init__(
        self,
        places: int,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        place_seconds: float = PLACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`places` is how many visitors may wait for the bucket at the same time."""
        self._pause_seconds, self._place_seconds, self._clock = pause_seconds, place_seconds, clock
        self._resume_at: float | None = None
        self._responded_at = clock()
        self._trying = threading.Lock()
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Around the request of a visitor. Raises `NotTried` when all places stay taken."""
        if not self._places.acquire(timeout=self._place_seconds):
            raise NotTried
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around one request. Raises `NotTried`, or what the request raises. An error from the bucket is a response."""
        resume_at = self._resume_at
        if resume_at is None:
            with self._watched():
                yield
            return
        if self._clock() < resume_at or not self._trying.acquire(blocking=False):
            raise NotTried
        try:
            with self._watched():
                yield
        finally:
            self._trying.release()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        except BotoCoreError:
            # Sent before the last response: this failure says nothing about the bucket as it is now.
            if began >= self._responded_at:
                self._resume_at = self._clock() + self._pause_seconds
            raise
        except BaseException:
            self._responded()
            raise
        self._responded()

    def _responded(self) -> None:
        self._responded_at, self._resume_at = self._clock(), None


#: Half of the threads stay for what needs no bucket.
bucket = Availability(max(1, settings.WEB_THREADS // 2))


@contextmanager
def storage_request(storage: Any) -> Iterator[None]:
    """Around a request to a bucket; nothing happens for a folder. Raises `NotTried`."""
    if not hasattr(storage, "bucket"):
        yield
        return
    with bucket.request():
        yield
