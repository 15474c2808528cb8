"""Whether the API server is there, as the log tells it."""

from __future__ import annotations

import logging
import threading
import time

from app.routes.cluster.api import ApiUnavailable

log = logging.getLogger(__name__)


class Outage:
    """One line when the API server goes away, and one when it is back; shared by all threads."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._lock = threading.Lock()

    def began(self, error: ApiUnavailable) -> None:
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
                log.warning("The API server is unavailable (%s). Routes stay as they are until it is back.", error)

    def ended(self) -> None:
        with self._lock:
            if self._since is not None:
                log.info("The API server is back after %.0f s", time.monotonic() - self._since)
                self._since = None
