"""A bound on how many requests the API server gets from us."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PER_SECOND = 20.0
BURST = 40.0


class RateLimit:
    """A token bucket. Threads that wait are served in no particular order."""

    def __init__(
        self,
        per_second: float = PER_SECOND,
        burst: float = BURST,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._per_second, self._burst = per_second, burst
        self._clock, self._sleep = clock, sleep
        self._tokens, self._at = burst, clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when one more request may be sent."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second) - 1
            self._at = now
            missing = -self._tokens / self._per_second
        if missing > 0:
            self._sleep(missing)
