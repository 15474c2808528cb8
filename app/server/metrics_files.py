"""One set of figures from many workers: prometheus-client's files, a set per process, in the pod's memory.

A worker that is gone leaves its counters behind, because they have been counted. So that a year of restarted
workers does not make every scrape read a year of files, the master adds them up into one archive.

Scrapers hold the lock shared while they read; the master takes it only if it is free, and else leaves it to
the next worker that exits. So a count is never missed and never doubled, and the master is never held up.
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

SUMMED = ("counter", "histogram")
ARCHIVE = "archive"


def forget_master(directory: Path) -> None:
    """Drops what preloading left behind: the master serves nothing, its zeros would be every minimum."""
    for file in directory.glob(f"*_{os.getpid()}.db"):
        file.unlink()


def worker_gone(directory: Path, gone: int, living: Collection[int]) -> None:
    """Takes a worker's gauges away, and adds its counts to the archive unless a scrape is reading."""
    mark_process_dead(gone, str(directory))
    with locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB) as mine:
        if mine:
            for kind in SUMMED:
                _archive(directory, kind, living)


@contextmanager
def locked(directory: Path, mode: int) -> Iterator[bool]:
    """True inside when the lock was had. It goes with the file, so a killed holder leaves none behind."""
    with (directory / "lock").open("a") as file:
        try:
            fcntl.flock(file, mode)
        except BlockingIOError:
            yield False
        else:
            yield True


def _archive(directory: Path, kind: str, living: Collection[int]) -> None:
    finished = [file for file in directory.glob(f"{kind}_*.db") if _owner(file) not in living]
    target = directory / f"{kind}_{ARCHIVE}.db"
    if set(finished) <= {target}:
        return
    totals: defaultdict[str, float] = defaultdict(float)
    for file in finished:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
            totals[key] += value
    fresh = directory / f"{kind}_{ARCHIVE}.new"
    fresh.unlink(missing_ok=True)
    archive = MmapedDict(str(fresh))
    for key, value in totals.items():
        archive.write_value(key, value, 0.0)
    archive.close()
    fresh.rename(target)
    for file in finished:
        if file != target:
            file.unlink()


def _owner(file: Path) -> int | None:
    pid = file.stem.rpartition("_")[2]
    return int(pid) if pid.isdigit() else None
