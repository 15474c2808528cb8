"""The content versions of all sites, in little memory: 16 bytes a site, and more only for those that changed since."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping


class ContentVersions:
    """Read by every thread, written by the one that refreshes the directory."""

    def __init__(self) -> None:
        self._loaded = array("Q"), array("Q")
        self._changed: dict[int, int] = {}

    def of(self, site_id: int) -> int:
        """0 for a site that is not known yet."""
        changed = self._changed.get(site_id)
        if changed is not None:
            return changed
        ids, versions = self._loaded
        place = bisect_left(ids, site_id)
        return versions[place] if place < len(ids) and ids[place] == site_id else 0

    def load(self, versions: Mapping[int, int]) -> None:
        """Of all sites."""
        pairs = sorted(versions.items())
        self._loaded = array("Q", (pk for pk, _ in pairs)), array("Q", (version for _, version in pairs))
        self._changed = {}

    def update(self, versions: Mapping[int, int]) -> None:
        """Of those that changed."""
        self._changed.update(versions)
