"""How often each redirect was used: counted in the process, and written by a thread of it. No request writes.

A process that is killed loses what it counted in the last half minute; one that ends regularly writes it.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import Counter

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Case, F, Value, When
from django.db.utils import InterfaceError
from django.utils import timezone

from app.redirects.models import Redirect
from app.tenancy.current import use_site
from app.tenancy.directory import NoSuchSite
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.isolation.content_version import lock_site

log = logging.getLogger(__name__)

SECONDS = 30.0
#: Redirects that are counted between two writes; the hits of others in that time are lost.
MOST_REDIRECTS = 20_000
ROWS_PER_STATEMENT = 200


class Hits:
    """The hits of this process that are not written yet."""

    def __init__(self) -> None:
        self._counts: dict[int, Counter[int]] = {}
        self._redirects = 0
        self._lock = threading.Lock()

    def count(self, redirect: Redirect, times: int = 1) -> None:
        self._add(redirect.site_id, redirect.pk, times)

    def write(self) -> None:
        """Adds the hits to the rows. What a database fault prevents is kept for the next call."""
        with self._lock:
            counts, self._counts, self._redirects = self._counts, {}, 0
        for site_id, hits in counts.items():
            try:
                _write(site_id, hits)
            except NoSuchSite:
                continue  # it was deleted, and its redirects with it
            except (DatabaseError, InterfaceError, DirectoryUnavailable) as error:
                log.warning("Hits of redirects are not written yet (%s)", type(error).__name__)
                for pk, times in hits.items():
                    self._add(site_id, pk, times)

    def watch(self) -> threading.Thread:
        """From now on a thread of this process writes the hits. Call after fork."""
        atexit.register(self.write)
        writer = threading.Thread(target=self._watch, name="redirect-hits", daemon=True)
        writer.start()
        return writer

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(SECONDS):
            self.write()
            connection.close_if_unusable_or_obsolete()

    def _add(self, site_id: int, pk: int, times: int) -> None:
        with self._lock:
            counts = self._counts.setdefault(site_id, Counter())
            if pk not in counts:
                # SECURITY: a client can use every redirect of every site.
                if self._redirects >= MOST_REDIRECTS:
                    return
                self._redirects += 1
            counts[pk] += times


def _write(site_id: int, hits: Counter[int]) -> None:
    keys = list(hits)
    with use_site(site_id), transaction.atomic():
        lock_site()  # editors and other processes write the same rows in other orders
        for start in range(0, len(keys), ROWS_PER_STATEMENT):
            part = keys[start : start + ROWS_PER_STATEMENT]
            times = Case(*(When(pk=pk, then=Value(hits[pk])) for pk in part), default=Value(0))
            # A plain queryset: visitors do not see hits, so the content of the site has not changed.
            rows: models.QuerySet[Redirect] = models.QuerySet(Redirect, Redirect.objects.filter(pk__in=part).query)
            rows.update(hits=F("hits") + times, last_hit_at=timezone.now())


hits = Hits()
