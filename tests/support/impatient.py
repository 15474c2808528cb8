"""The product's gunicorn worker with short limits, so that a test of a slow client need not be slow itself."""

from __future__ import annotations

from app.server.arrival import Pace
from app.server.sending import Patience
from app.server.worker import ProbePoolWorker


class ImpatientWorker(ProbePoolWorker):
    pace = Pace(
        head_seconds=1.0,
        body_seconds=1.0,
        body_bytes_per_second=100.0,
        thread_bytes_per_second=100.0,
        thread_seconds=3.0,
    )
    patience = Patience(first_seconds=1.0, bytes_per_second=200_000.0, most_seconds=2.0, all_seconds=6.0)
