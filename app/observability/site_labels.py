"""The `site` label of the metrics: the first hundred sites that a pod serves by id, the others as `other`.

Every process of the pod has to call a site by the same label, or its count would be split between two series.
So a site is named by writing its id into one small file, under a lock, the first time any process serves it.
"""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

NONE = "none"
OTHER = "other"
NAMED_SITES = 100


class SiteLabels:
    """Asks the file once for each named site, and never again once the file is full."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._labels: dict[int, str] = {}
        self._lock = threading.Lock()

    def label(self, site_id: int | None) -> str:
        if site_id is None:
            return NONE
        label = self._labels.get(site_id)
        if label is None:
            label = OTHER if len(self._labels) >= NAMED_SITES else self._claim(site_id)
        return label

    def _claim(self, site_id: int) -> str:
        with self._lock:
            if self._file is None:
                if len(self._labels) < NAMED_SITES:
                    self._labels[site_id] = str(site_id)
            else:
                self._read_and_add(self._file, site_id)
            return self._labels.get(site_id, OTHER)

    def _read_and_add(self, path: Path, site_id: int) -> None:
        with path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            named = [int(line) for line in file.read().split()]
            if site_id not in named and len(named) < NAMED_SITES:
                file.write(f"{site_id}\n")
                named.append(site_id)
        self._labels = {named_id: str(named_id) for named_id in named}
