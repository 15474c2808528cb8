"""A bucket that does not respond must not hold every thread: each would wait for it as long as its timeouts allow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError

PAUSE_SECONDS = 5.0


class NotTried(OSError):
    """The bucket did not respond to an earlier request, and this one was not sent."""


class Availability:
    """After a request without a response, none is sent for a while; then one finds out whether the bucket is back."""

    def __init__(self, pause_seconds: float = PAUSE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_seconds, self._clock = pause_seconds, clock
        self._resume_at: float | None = None
        self._trying = threading.Lock()

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
        try:
            yield
        except BotoCoreError:
            self._resume_at = self._clock() + self._pause_seconds
            raise
        except BaseException:
            self._resume_at = None
            raise
        self._resume_at = None
