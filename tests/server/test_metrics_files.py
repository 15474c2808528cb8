"""Counts of workers that are gone stay exact while their files are added up."""

from __future__ import annotations

import fcntl
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from app.server.metrics_files import locked, worker_gone

COUNT = mmap_key("hits", "hits_total", ["site"], ["1"], "Hits.")
LEAST = mmap_key("epoch", "epoch", [], [], "Epoch.")


def write(directory: Path, kind: str, pid: int, key: str, value: float) -> None:
    file = MmapedDict(str(directory / f"{kind}_{pid}.db"))
    file.write_value(key, value, 0.0)
    file.close()


def figures(directory: Path) -> dict[str, float]:
    metrics = MultiProcessCollector(None, str(directory)).collect()
    return {sample.name: sample.value for metric in metrics for sample in metric.samples}


def test_it_works(tmp_path: Path) -> None:
    for pid, count in ((11, 3.0), (12, 4.0), (13, 5.0)):
        write(tmp_path, "counter", pid, COUNT, count)
    worker_gone(tmp_path, 11, {12, 13})
    worker_gone(tmp_path, 12, {13})
    assert figures(tmp_path) == {"hits_total": 12.0}
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["counter_13.db", "counter_archive.db"]


def test_a_worker_that_is_gone_holds_no_minimum_down(tmp_path: Path) -> None:
    write(tmp_path, "gauge_livemin", 11, LEAST, 1.0)
    write(tmp_path, "gauge_livemin", 12, LEAST, 9.0)
    worker_gone(tmp_path, 11, {12})
    assert figures(tmp_path) == {"epoch": 9.0}


def test_a_scrape_that_is_reading_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "counter", 11, COUNT, 3.0)
    with locked(tmp_path, fcntl.LOCK_SH):
        worker_gone(tmp_path, 11, set())
        assert [file.name for file in tmp_path.glob("*.db")] == ["counter_11.db"]
    write(tmp_path, "counter", 12, COUNT, 4.0)
    worker_gone(tmp_path, 12, set())
    assert figures(tmp_path) == {"hits_total": 7.0}
    assert [file.name for file in tmp_path.glob("*.db")] == ["counter_archive.db"]
