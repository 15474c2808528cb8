"""The directory in which the workers of a pod share their metrics.

Imports nothing of prometheus-client, which reads the variable while it is imported.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_created: Path | None = None


def create() -> None:
    """A new directory, in memory if possible, for this process and those that it starts.

    The same one when called again: gunicorn reads its configuration again on SIGHUP, and counts continue.
    """
    global _created
    if _created is None:
        memory = Path("/dev/shm")  # noqa: S108  # what is created in it is our own, with mode 0700
        parent = memory if os.access(memory, os.W_OK) else None
        _created = Path(tempfile.mkdtemp(prefix="colonnade-metrics-", dir=parent))
        os.environ[VARIABLE] = str(_created)


def remove() -> None:
    if _created is not None:
        shutil.rmtree(_created, ignore_errors=True)
