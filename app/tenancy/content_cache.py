"""Values that are made from a site's content, kept in this process until the content changes or a time comes.

They are kept as JSON: it is several times smaller than the objects, its size is known, and no caller can change what
the next one gets.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple, TypeVar, cast

from django.db import connection

from app.tenancy.current import current_site
from app.tenancy.directory import directory
from app.tenancy.fair_cache import FairCache
from app.tenancy.hosts.snapshot import CurrentSite, SiteEntry
from app.tenancy.language import in_language_of

Value = TypeVar("Value")
# Of a few thousand sites with a menu each.
MOST_BYTES = 32 * 2**20
#: Of a key, its node in the cache and the record itself, beside the text.
OVERHEAD = 400


class Kept(NamedTuple):
    site: SiteEntry
    version: int
    until: float | None
    text: str

    def is_current(self, site: SiteEntry, version: int) -> bool:
        return self.version == version and self.site == site and (self.until is None or time.time() < self.until)


class Began(NamedTuple):
    """The state of a site's content when a view began."""

    site_id: int
    version: int
    until: float | None


_began: ContextVar[Began | None] = ContextVar("_began", default=None)
_kept: FairCache[tuple[int, str], Kept] = FairCache(MOST_BYTES, lambda kept: OVERHEAD + len(kept.text))
_lock = threading.Lock()
_schedules: list[Callable[[], Iterable[datetime]]] = []


def cached_by_content(name: str, build: Callable[[], Value]) -> Value:
    """What `build()` returned for the current site since the site or its content changed last, also by the clock.

    The value is made of what JSON knows; a tuple comes back as a list. It must not depend on the visitor. It is built
    in the language and time zone of the site, also in the admin. Raises what `build` raises, and `NoCurrentSite`.
    """
    return _cached(name, build, next_change)


def next_change() -> float | None:
    """When the clock next changes the current site's content, in seconds since 1970; None if it will not.

    Code that stores content until this moment has to call it before it reads the content: a change that happens
    meanwhile is not found afterwards. If the moment has passed when the content is complete, it must not be stored.
    """
    return _cached("next change", _next_change, None)


@contextmanager
def reading_content() -> Iterator[float | None]:
    """Around what reads content of the current site and passes it on, such as a view to its template.

    What `cached_by_content` makes inside may contain values that were read since the block began, so it is kept no
    longer than these are right. Gives `next_change()`, as it was when the block began.
    """
    site_id = current_site().id
    version = directory.content_version(site_id)
    until = next_change()
    token = _began.set(Began(site_id, version, until))
    try:
        yield until
    finally:
        _began.reset(token)


def register_schedule(schedule: Callable[[], Iterable[datetime]]) -> None:
    """`schedule()` gives later moments at which content of the current site appears or expires by itself."""
    _schedules.append(schedule)


def _next_change() -> float | None:
    return min((moment.timestamp() for schedule in _schedules for moment in schedule()), default=None)


def _cached(name: str, build: Callable[[], Value], coming: Callable[[], float | None] | None) -> Value:
    """`coming` says until when the value may be kept; without it the value is this moment itself."""
    current = current_site()
    site_id = current.id
    site, version = directory.snapshot().sites.get(site_id), directory.content_version(site_id)
    if site is None or connection.in_atomic_block:
        return _built(build, current)  # what a transaction sees may be rolled back
    # SECURITY: the preview of a theme shows the site with other values: what it makes is for one person.
    if site.chosen_by(current.source) != current:
        return _built(build, current)
    key = (site_id, name)
    with _lock:
        kept = _kept.get(key)
    if kept is not None and kept.is_current(site, version):
        found: Value = json.loads(kept.text)
        return found
    # The version and the end are read before the content: a change in between, also one by the clock, only makes the
    # next call build again.
    end = coming() if coming else None
    value = _built(build, current)
    until = end if coming else cast("float | None", value)
    began = _began.get()
    made_of = version
    if coming and began is not None and began.site_id == site_id:
        made_of = min(version, began.version)
        until = min((moment for moment in (until, began.until) if moment is not None), default=None)
    kept = Kept(site, made_of, until, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    with _lock:
        if kept.is_current(site, version) and len(kept.text) + OVERHEAD <= MOST_BYTES // 32:
            _kept[key] = kept
        else:
            _kept.pop(key, None)
    return value


def _built(build: Callable[[], Value], site: CurrentSite) -> Value:
    with in_language_of(site):
        return build()


def forget_content() -> None:
    """As at the start of a process; for tests."""
    with _lock:
        _kept.clear()
