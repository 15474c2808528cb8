"""A cache that sites share, in which no site can push out what the others keep."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from cachetools import LRUCache

Key = TypeVar("Key", bound=tuple[Any, ...])
Value = TypeVar("Value")


class FairCache(LRUCache[Key, Value]):
    """Bounded by the sum of `size(value)`. A key starts with the id of its site.

    While there is room, a site may have all of it. In a full cache, a site with more than its share (all, divided by
    the number of sites that have something here) gives up its own values; otherwise the value goes that was not used
    for longest. A value that is larger than the cache raises `ValueError`.
    """

    def __init__(self, most: int, size: Callable[[Value], float]) -> None:
        super().__init__(most, getsizeof=size)
        self._of_site: dict[Any, OrderedDict[Key, float]] = {}
        self._sizes: defaultdict[Any, float] = defaultdict(float)

    def __getitem__(self, key: Key, *arguments: Any) -> Value:
        found = super().__getitem__(key, *arguments)
        self._of_site[key[0]].move_to_end(key)
        return found

    def __setitem__(self, key: Key, value: Value, *arguments: Any) -> None:
        self.pop(key, None)
        site, size = key[0], self.getsizeof(value)
        share = self.maxsize / max(1, len(self._of_site))
        while self.currsize + size > self.maxsize and self._sizes[site] and self._sizes[site] + size > share:
            del self[next(iter(self._of_site[site]))]
        super().__setitem__(key, value, *arguments)
        self._of_site.setdefault(site, OrderedDict())[key] = size
        self._sizes[site] += size

    def __delitem__(self, key: Key, *arguments: Any) -> None:
        super().__delitem__(key, *arguments)
        keys = self._of_site[key[0]]
        self._sizes[key[0]] -= keys.pop(key)
        if not keys:
            del self._of_site[key[0]], self._sizes[key[0]]

    def clear(self) -> None:
        super().clear()
        self._of_site.clear()
        self._sizes.clear()
