"""The product's gunicorn worker with short limits, so that a test of a slow client need not be slow itself."""

from __future__ import annotations

from app.server.arrival import Pace
from app.server.worker import ProbePoolWorker


class ImpatientWorker(ProbePoolWorker):
    pace = Pace(
        head_seconds=1.0,
        body_seconds=1.0,
        body_bytes_per_second=100.0,
        thread_bytes_per_second=100.0,
        thread_seconds=3.0,
    )
