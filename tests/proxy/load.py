from __future__ import annotations

import collections
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.programs import wait_until


@dataclass
class Seen:
    """How often each status was answered; a broken connection counts by its exception's name."""

    statuses: collections.Counter[int | str] = field(default_factory=collections.Counter)

    def total(self) -> int:
        return sum(self.statuses.values())

    def more(self, count: int) -> None:
        """Waits until that many further requests are done."""
        wanted = self.total() + count
        wait_until(lambda: self.total() >= wanted, seconds=60, what=f"{count} more requests")


@contextmanager
def load(request: Callable[[], int], *, visitors: int = 4) -> Iterator[Seen]:
    """Visitors who ask again and again, each after his last answer."""
    seen, over = Seen(), threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                outcome: int | str = request()
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            seen.statuses[outcome] += 1

    threads = [threading.Thread(target=visit) for _ in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
