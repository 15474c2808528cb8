"""Figures that have to be asked for somewhere slow. A scrape takes the last ones that arrived and goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from django.db import DatabaseError, connections
from django.db.utils import InterfaceError
from prometheus_client import Metric

log = logging.getLogger(__name__)

REFRESH_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.5
STALE_SECONDS = 120.0


class BackgroundCollector:
    """One source of figures. However long it hangs, it costs one thread, and a scrape half a second."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect
        self._lock = threading.Lock()
        self._arrived = threading.Event()
        self._running = False
        self._started_at = self._arrived_at = float("-inf")
        self._figures: list[Metric] = []

    def figures(self) -> list[Metric]:
        """The newest figures. None at all when they are so old that showing them would be a lie."""
        self._refresh_when_due()
        if not self._arrived.is_set():
            self._arrived.wait(FIRST_WAIT_SECONDS)
        return self._figures if time.monotonic() - self._arrived_at < STALE_SECONDS else []

    def _refresh_when_due(self) -> None:
        with self._lock:
            if self._running or time.monotonic() - self._started_at < REFRESH_SECONDS:
                return
            self._running, self._started_at = True, time.monotonic()
        threading.Thread(target=self._refresh, name="metrics-collector", daemon=True).start()

    def _refresh(self) -> None:
        try:
            self._figures = list(self._collect())
            self._arrived_at = time.monotonic()
            self._arrived.set()
        except (DatabaseError, InterfaceError, OSError) as error:
            # The message of a database error may hold a host and a user; its class is enough here.
            log.warning("Metrics of %s not refreshed (%s)", self._collect.__qualname__, type(error).__name__)
        finally:
            connections.close_all()
            self._running = False
