"""Values that are made from the texts of a site, such as its settings, and kept in this process.

A text may have a few characters or a hundred thousand, so what is kept is bounded by size.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, TypeVarTuple

from cachetools import FIFOCache

Value = TypeVar("Value")
Texts = TypeVarTuple("Texts")
#: For each function: ten thousand sites with texts of a thousand characters. The directory holds the texts anyway.
MOST_BYTES = 16 * 2**20
#: Of a key, its node in the cache and a small value.
OVERHEAD = 400

_caches: list[FIFOCache[Any, Any]] = []
_of_this_preview: ContextVar[dict[Hashable, Any] | None] = ContextVar("_of_this_preview", default=None)


def kept_by_text(make: Callable[[*Texts], Value]) -> Callable[[*Texts], Value]:
    """For a function of texts and other small values that returns the same for the same ones, and of about their size.

    Its callers get one object; none may change it. What `make` raises is not kept.
    """
    cache: FIFOCache[Hashable, tuple[Value, int]] = FIFOCache(MOST_BYTES, getsizeof=lambda kept: kept[1])
    lock = threading.Lock()
    _caches.append(cache)

    @functools.wraps(make)
    def kept(*texts: *Texts) -> Value:
        preview = _of_this_preview.get()
        if preview is not None:
            key = (make, texts)
            if key not in preview:
                preview[key] = make(*texts)
            shown: Value = preview[key]
            return shown
        try:
            return cache[texts][0]  # reading changes nothing in a FIFOCache, so it takes no lock
        except KeyError:
            pass
        value = make(*texts)
        size = OVERHEAD + sum(sys.getsizeof(text) for text in texts if isinstance(text, str))
        if size <= MOST_BYTES // 32:
            with lock:
                cache[texts] = value, size
        return value

    return kept


@contextmanager
def keeping_nothing() -> Iterator[None]:
    """For texts that are not stored: what is made of them is kept until the block ends, and displaces nothing."""
    token = _of_this_preview.set({})
    try:
        yield
    finally:
        _of_this_preview.reset(token)


def kept_bytes() -> int:
    """What all functions keep, as far as it is counted."""
    return sum(int(cache.currsize) for cache in _caches)
