"""Metrics that are read from somewhere slow. A scrape gets the last ones that were read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import wait

from django.db import DatabaseError
from django.db.utils import InterfaceError
from prometheus_client import Metric

from app.background import BackgroundCall

log = logging.getLogger(__name__)

REFRESH_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.5
STALE_SECONDS = 120.0


class BackgroundCollector:
    """One source of metrics, for a Prometheus registry. However long it hangs, a scrape waits half a second."""

    def __init__(
        self,
        source: Callable[[], Iterable[Metric]],
        *,
        refresh_seconds: float = REFRESH_SECONDS,
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self.source, self.stale_seconds = source, stale_seconds
        self.refresh = BackgroundCall(self._read, name="metrics-collector", runs=1, seconds=refresh_seconds)
        self._read_at = float("-inf")
        self._metrics: list[Metric] = []

    def collect(self) -> list[Metric]:
        """The newest metrics; none when they are so old that they would mislead."""
        run = self.refresh.start()
        if not self._metrics:
            wait([run], FIRST_WAIT_SECONDS)
        return self._metrics if time.monotonic() - self._read_at < self.stale_seconds else []

    def _read(self) -> None:
        try:
            self._metrics = list(self.source())
            self._read_at = time.monotonic()
        except (DatabaseError, InterfaceError, OSError) as error:
            # The message of a database error may hold a host and a user; its class is enough here.
            log.warning("Metrics of %s not refreshed (%s)", self.source.__qualname__, type(error).__name__)
