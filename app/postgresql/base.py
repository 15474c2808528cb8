"""Django's PostgreSQL backend, without a round trip in each request for a connection that was just in use."""

from __future__ import annotations

import time

from django.db.backends.postgresql import base

IDLE_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """`CONN_HEALTH_CHECKS` checks a kept connection only after an idle second.

    If the server goes away within that second, an anonymous GET is repeated on a new connection and another request
    gets 503 (app.tenancy.requests.database).
    """

    used_at = float("-inf")

    def close_if_health_check_failed(self) -> None:
        now = time.monotonic()
        if now - self.used_at >= IDLE_SECONDS:
            super().close_if_health_check_failed()
        self.used_at = now
