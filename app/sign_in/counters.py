"""Counters that all processes share: in the shared cache if there is one, else in the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db.models import F
from django.utils import timezone
from redis import RedisError

from app.sign_in.models import Counter

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")
MOST_ROWS = 10_000
CACHE = "every_site"  # keys of the default cache carry the site


@dataclass(frozen=True, slots=True)
class Limit:
    """`attempts` within `seconds`, from the first one on."""

    attempts: int
    seconds: int


class Counters(Protocol):
    def take(self, key: str, limit: Limit) -> int:
        """Counts an attempt and returns 0; or returns the seconds until the next one is permitted."""

    def give_back(self, key: str) -> None:
        """Takes one attempt off the count."""

    def clear(self, keys: Iterable[str]) -> None: ...

    def count(self, key: str) -> int: ...


class CacheCounters:
    """In Redis. Each step is atomic; entries end by themselves."""

    def __init__(self) -> None:
        self.cache = caches[CACHE]

    def take(self, key: str, limit: Limit) -> int:
        now = time.time()
        self.cache.add(f"{key}:ends", now + limit.seconds, limit.seconds)
        self.cache.add(key, 0, limit.seconds)
        try:
            attempts = self.cache.incr(key)
        except ValueError:  # it ended a moment ago
            return self.take(key, limit)
        if attempts <= limit.attempts:
            return 0
        ends_at: float = self.cache.get(f"{key}:ends", now)
        return max(1, math.ceil(ends_at - now))

    def give_back(self, key: str) -> None:
        try:
            self.cache.decr(key)
        except ValueError:
            return  # it has ended

    def clear(self, keys: Iterable[str]) -> None:
        self.cache.delete_many([name for key in keys for name in (key, f"{key}:ends")])

    def count(self, key: str) -> int:
        return int(self.cache.get(key, 0))


class DatabaseCounters:
    """In a table of at most `MOST_ROWS` rows. Each step is one statement, so none waits for another's transaction."""

    def take(self, key: str, limit: Limit) -> int:
        now = timezone.now()
        first = {"attempts": 1, "ends_at": now + timedelta(seconds=limit.seconds)}
        row = Counter.objects.filter(key=key)
        if row.filter(ends_at__gt=now, attempts__lt=limit.attempts).update(attempts=F("attempts") + 1):
            return 0
        if row.filter(ends_at__lte=now).update(**first):
            return 0
        counter, created = row.get_or_create(key=key, defaults=first)
        if created:
            self._prune()
            return 0
        if counter.attempts < limit.attempts:  # another request has just created it
            return self.take(key, limit)
        return max(1, math.ceil((counter.ends_at - now).total_seconds()))

    def give_back(self, key: str) -> None:
        Counter.objects.filter(key=key, attempts__gt=0).update(attempts=F("attempts") - 1)

    def clear(self, keys: Iterable[str]) -> None:
        Counter.objects.filter(key__in=list(keys)).delete()

    def count(self, key: str) -> int:
        rows = Counter.objects.filter(key=key, ends_at__gt=timezone.now())
        return rows.values_list("attempts", flat=True).first() or 0

    def _prune(self) -> None:
        """Deletes rows that have ended; beyond the maximum, those with the fewest attempts."""
        Counter.objects.filter(ends_at__lte=timezone.now()).delete()
        excess = Counter.objects.count() - MOST_ROWS
        if excess > 0:
            # SECURITY: a flood of invented names must not delete the row of a name that is being guessed.
            rows = Counter.objects.order_by("attempts", "ends_at").values("key")[:excess]
            Counter.objects.filter(key__in=list(rows.values_list("key", flat=True))).delete()


def on_shared_counters(call: Callable[[Counters], T]) -> T:
    """The result of a call with the counters; in the database, too, while the shared cache is away."""
    if settings.CACHE_IS_SHARED:
        try:
            return call(CacheCounters())
        except RedisError as error:
            # SECURITY: neither nobody signs in, nor does anybody guess without a limit.
            log.warning("The shared cache is away: attempts are counted in the database", error=type(error).__name__)
    return call(DatabaseCounters())
