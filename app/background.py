"""A function that may block for longer than its callers can wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connections

log = logging.getLogger(__name__)
T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """Runs a function in a thread of its own, one run at a time and at most `runs` times in `seconds`.

    All callers of `start` share the run in progress, so a function that hangs costs one thread and one database
    connection. How long to wait for the result is each caller's choice (`Future.result(timeout)`).
    """

    def __init__(self, function: Callable[[], T], *, name: str, runs: int, seconds: float) -> None:
        self._function, self._name, self._seconds = function, name, seconds
        self._starts: deque[float] = deque(maxlen=runs)
        self._lock = threading.Lock()
        self._run: Future[T] | None = None

    @property
    def started(self) -> float:
        """When the newest run began, on the monotonic clock."""
        return self._starts[-1]

    def start(self) -> Future[T]:
        """The run in progress; else a new run, or the last one while the limit is reached."""
        with self._lock:
            if self._run is None or (self._run.done() and not self._limited()):
                self._run = Future()
                self._starts.append(time.monotonic())
                # Not an executor's thread: the interpreter would wait for it at its end, however long it hangs.
                threading.Thread(target=self._fill, args=[self._run], name=self._name, daemon=True).start()
            return self._run

    def _limited(self) -> bool:
        return len(self._starts) == self._starts.maxlen and time.monotonic() - self._starts[0] < self._seconds

    def _fill(self, run: Future[T]) -> None:
        try:
            result = self._function()
        except Exception as error:
            log.exception("%s failed", self._name)
            connections.close_all()
            run.set_exception(error)
        else:
            connections.close_all()
            run.set_result(result)
