"""Hosts that a site gave up lately. DNS may still lead them here, so no other site may have them for some time.

Triggers record them (`app.tenancy.sites.domains.triggers`), so every way of giving a host up counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sites.models import Site
from django.db.models import Count
from django.utils import timezone

from app.tenancy.sites.domains.rules import is_covered, twin
from app.tenancy.sites.models import ReleasedHost

MOST_PER_SITE = 1000


@dataclass(frozen=True, slots=True)
class Quarantined:
    """`site` names the site that gave the host up; it may take it back, as `site_id`, at any time."""

    host: str
    site_id: int
    site: str
    until: datetime


class Quarantine:
    """What is in quarantine now."""

    def __init__(self, hosts: Iterable[Quarantined]) -> None:
        self._hosts = {entry.host: entry for entry in hosts}
        self._below: dict[str, list[Quarantined]] = defaultdict(list)
        for entry in self._hosts.values():
            for parent in _parents(entry.host.removeprefix("*.")):
                self._below[parent].append(entry)

    def blocks(self, host: str, site_id: int | None) -> Quarantined | None:
        """What keeps a site from a new host or wildcard: the same name, its twin, or one that covers the other."""
        if is_covered(host, "localhost"):
            return None  # this machine, whatever DNS says
        for entry in self._related(host):
            if entry.site_id != site_id:
                return entry
        return None

    def _related(self, host: str) -> Iterator[Quarantined]:
        name = host.removeprefix("*.")
        candidates = [host, twin(host), *(f"*.{parent}" for parent in _parents(name))]
        yield from (self._hosts[candidate] for candidate in candidates if candidate in self._hosts)
        if host != name:
            yield from self._below.get(name, ())


def quarantine() -> Quarantine:
    """Empty while `DOMAIN_QUARANTINE_DAYS` is 0. One query; its size is bounded by `MOST_PER_SITE`."""
    return Quarantine(quarantined())


def quarantined() -> list[Quarantined]:
    """In the order in which they end."""
    days = timedelta(days=settings.DOMAIN_QUARANTINE_DAYS)
    rows = list(ReleasedHost.objects.filter(released_at__gt=timezone.now() - days).order_by("released_at", "host"))
    names = dict(Site.objects.filter(pk__in={row.site_id for row in rows}).values_list("pk", "domain"))
    return [
        Quarantined(row.host, row.site_id, names.get(row.site_id, "a deleted site"), row.released_at + days)
        for row in rows
    ]


def prune() -> int:
    """Deletes what is no longer in quarantine, and of each site all but the newest. Returns how many."""
    ended = timezone.now() - timedelta(days=settings.DOMAIN_QUARANTINE_DAYS)
    deleted = ReleasedHost.objects.filter(released_at__lte=ended).delete()[0]
    counted = ReleasedHost.objects.values("site_id").annotate(count=Count("pk")).filter(count__gt=MOST_PER_SITE)
    for site_id in [row["site_id"] for row in counted]:
        newest_first = ReleasedHost.objects.filter(site_id=site_id).order_by("-released_at", "-pk")
        surplus = list(newest_first.values_list("pk", flat=True)[MOST_PER_SITE:])
        for start in range(0, len(surplus), 1000):
            deleted += ReleasedHost.objects.filter(pk__in=surplus[start : start + 1000]).delete()[0]
    return deleted


def _parents(name: str) -> Iterator[str]:
    labels = name.split(".")
    for start in range(1, len(labels)):
        yield ".".join(labels[start:])
