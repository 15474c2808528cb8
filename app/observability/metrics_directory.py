"""Where the workers of a pod share their figures.

Imports nothing of prometheus-client, which looks for the directory while it is imported itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


_made: Path | None = None


def make() -> Path:
    """A fresh directory, in memory if possible, known to this process and those it starts.

    The same one when asked again: gunicorn reads its configuration anew on SIGHUP, and counts go on.
    """
    global _made
    if _made is None:
        memory = Path("/dev/shm")  # noqa: S108  # what is made in it is our own, with mode 0700
        parent = memory if os.access(memory, os.W_OK) else None
        _made = Path(tempfile.mkdtemp(prefix="colonnade-metrics-", dir=parent))
        os.environ[VARIABLE] = str(_made)
    return _made


def known() -> Path | None:
    """The directory that this process shares; None when it is the only one."""
    path = os.environ.get(VARIABLE)
    return Path(path) if path else None


def remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
