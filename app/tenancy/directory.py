"""Host → site without a query: an immutable snapshot of all sites, swapped whole when the epoch moves.

The epoch is one row that database triggers raise in the transaction of any change to a site, its profile or its
aliases (`app.tenancy.sites.triggers`). A process looks at it at most once per `SITES_REFRESH_SECONDS`:

- a server process follows it in a thread of its own (`follow()`), so no request ever waits for the look;
- anything else (a command, a test, a shell) looks when it asks and the last look is old enough.

With the database away a process goes on with the snapshot it has (fail static) and looks again with back-off.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import DatabaseError, connection, transaction
from django.db.utils import InterfaceError

from app.observability import metrics
from app.tenancy.hosts.names import InvalidHost, normalise_alias

log = logging.getLogger(__name__)

ACTIVE, SUSPENDED, ARCHIVED = "active", "suspended", "archived"
PLAIN = re.compile(r"[a-z0-9.-]*[a-z0-9]")
LONGEST_BACK_OFF_SECONDS = 30.0
LONGEST_START_SECONDS = 2.0


class DirectoryUnavailable(RuntimeError):
    """This process has no snapshot yet and the database cannot give one."""


class SiteEntry(NamedTuple):
    """What a request needs to know of a site. `domain` is canonical and normalised."""

    id: int
    domain: str
    name: str
    state: str
    theme: str
    colour: str


class Match(NamedTuple):
    """A host that belongs to a site. `redirects` is true for an alias that sends visitors to `site.domain`."""

    site: SiteEntry
    redirects: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All sites at one epoch. `epoch` is None when it was read inside a transaction that may still roll back."""

    epoch: int | None = None
    sites: Mapping[int, SiteEntry] = field(default_factory=dict)
    canonical: Mapping[str, SiteEntry] = field(default_factory=dict)
    aliases: Mapping[str, Match] = field(default_factory=dict)
    wildcards: Mapping[str, Match] = field(default_factory=dict)
    # How many labels the wildcards' parents have, longest first: one probe each, whatever a client sends.
    wildcard_depths: tuple[int, ...] = ()

    def find(self, host: str) -> Match | None:
        """The site of a normalised host: exact names first, then the most specific wildcard."""
        site = self.canonical.get(host)
        if site is not None:
            return Match(site, False)
        match = self.aliases.get(host)
        if match is not None or not self.wildcard_depths:
            return match
        labels = host.split(".")
        for depth in self.wildcard_depths:
            if depth < len(labels):
                match = self.wildcards.get(".".join(labels[-depth:]))
                if match is not None:
                    return match
        return None

    def __iter__(self) -> Iterator[SiteEntry]:
        return iter(self.sites.values())


def build(
    epoch: int | None,
    sites: Iterable[tuple[int, str, str, str | None, str | None, str | None]],
    aliases: Iterable[tuple[str, int, bool]],
) -> Snapshot:
    """A snapshot from rows `(id, domain, name, state, theme, colour)` and `(host, site_id, redirects)`."""
    by_id: dict[int, SiteEntry] = {}
    canonical: dict[str, SiteEntry] = {}
    intern = sys.intern  # states, themes and colours are few
    for pk, domain, name, state, theme, colour in sites:
        domain = _spelling(domain)
        entry = SiteEntry(pk, domain, name, intern(state or ACTIVE), intern(theme or ""), intern(colour or ""))
        by_id[pk] = entry
        canonical.setdefault(domain, entry)  # two spellings of one domain: the older site keeps it
    exact: dict[str, Match] = {}
    wildcards: dict[str, Match] = {}
    for host, site_id, redirects in aliases:
        if site_id not in by_id:
            continue  # made after the sites were read: the epoch moved then, so the next look finds both
        host, match = _spelling(host), Match(by_id[site_id], bool(redirects))
        if host.startswith("*."):
            wildcards.setdefault(host[2:], match)
        else:
            exact.setdefault(host, match)
    depths = sorted({parent.count(".") + 1 for parent in wildcards}, reverse=True)
    return Snapshot(epoch, by_id, canonical, exact, wildcards, tuple(depths))


def _spelling(host: str) -> str:
    """A stored host as requests are compared with it: `.update()`, fixtures and psql write what they like."""
    if PLAIN.fullmatch(host):
        return host  # nearly all are; asking the normaliser would double the time that 100,000 take to load
    try:
        return normalise_alias(host)
    except InvalidHost:
        return host  # no request can name it


class Directory:
    """Keeps this process's snapshot current. One instance, `directory`, serves the process."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._due = 0.0
        self._failures = 0
        self._looking = threading.Lock()
        self._follower: threading.Thread | None = None
        self._wake = threading.Event()
        self._looked = threading.Event()

    def snapshot(self) -> Snapshot:
        """The snapshot to answer from. Raises `DirectoryUnavailable` when there never was one."""
        if self._snapshot is None or (self._follower is None and time.monotonic() >= self._due):
            self._look()
        if self._snapshot is None:
            raise DirectoryUnavailable("The site directory could not be read; is the database there?")
        return self._snapshot

    def expire(self) -> None:
        """This process changed a site: look before the next answer, without waiting for the interval."""
        self._due = 0.0
        self._wake.set()

    def follow(self) -> None:
        """From now on a thread of this process looks at the epoch; requests only ever read. Call after fork.

        Waits for the first look, for a worker is forked with its master's snapshot, which is as old as the master;
        but not long, for with the database away an old snapshot is better than a worker that never starts.
        """
        self._looked.clear()
        self._follower = threading.Thread(target=self._follow, name="sites-directory", daemon=True)
        self._follower.start()
        self._looked.wait(LONGEST_START_SECONDS)

    def forget(self) -> None:
        """Drops the snapshot, as at the start of a process."""
        self._snapshot, self._due, self._failures = None, 0.0, 0

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the snapshot was last known to be current; None before the first."""
        return None if self._snapshot is None else max(0.0, time.monotonic() - self._checked)

    _checked = 0.0

    def _follow(self) -> None:
        while True:
            try:
                connection.close_if_unusable_or_obsolete()
                self._look()
            except Exception:
                # Whatever it is: with this thread gone, the process would answer from one snapshot for ever.
                log.exception(
                    "The look at the site directory failed; the next one is in %.0f s", LONGEST_BACK_OFF_SECONDS
                )
                metrics.DIRECTORY_FAULTS.inc()
                self._due = time.monotonic() + LONGEST_BACK_OFF_SECONDS
            self._looked.set()
            self._wake.wait(max(0.05, self._due - time.monotonic()))
            self._wake.clear()

    def _look(self) -> None:
        # Whoever comes while another thread looks goes on with the snapshot there is, if there is one.
        if not self._looking.acquire(blocking=self._snapshot is None):
            return
        try:
            self._load_if_moved()
        except (DatabaseError, InterfaceError) as error:
            self._failures += 1
            wait = min(LONGEST_BACK_OFF_SECONDS, settings.SITES_REFRESH_SECONDS + 2.0**self._failures / 4)
            self._due = time.monotonic() + wait
            metrics.DIRECTORY_FAULTS.inc()
            # The message of a database error may hold a host and a user; its class is enough here.
            log.warning("Site directory not refreshed (%s); next look in %.1f s", type(error).__name__, wait)
            if not connection.in_atomic_block:
                connection.close()
        else:
            self._failures = 0
            self._checked = time.monotonic()
            self._due = self._checked + settings.SITES_REFRESH_SECONDS
            metrics.DIRECTORY_CHECKED.set_to_current_time()
            # On every look: a worker inherits the master's snapshot, but not its gauges.
            metrics.DIRECTORY_SITES.set(len(self._snapshot.sites) if self._snapshot else 0)
            metrics.DIRECTORY_EPOCH.set((self._snapshot.epoch if self._snapshot else None) or 0)
        finally:
            self._looking.release()

    def _load_if_moved(self) -> None:
        epoch = _read_epoch()
        if self._snapshot is not None and self._snapshot.epoch == epoch and not connection.in_atomic_block:
            return
        # The epoch is read before the rows: a change in between only makes the next look load again.
        self._snapshot = build(None if connection.in_atomic_block else epoch, *_read_rows())
        Site.objects.clear_cache()  # contrib.sites keeps rows per process for ever
        metrics.DIRECTORY_LOADS.inc()
        metrics.set_labelled_sites(self._snapshot.sites)


def _read_epoch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM tenancy_epoch WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _read_rows() -> tuple[list[tuple[int, str, str, str | None, str | None, str | None]], list[tuple[str, int, bool]]]:
    # Plain tuples: at 100,000 sites model instances cost seconds and hundreds of MiB.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.domain, s.name, p.state, p.theme, p.colour FROM django_site s"
            " LEFT JOIN tenancy_siteprofile p ON p.site_id = s.id ORDER BY s.id"
        )
        sites = cursor.fetchall()
        cursor.execute("SELECT host, site_id, redirect FROM tenancy_alias ORDER BY id")
        return sites, cursor.fetchall()


directory = Directory()


def warm_up() -> None:
    """Loads the directory before the first request. Without a database the server starts, and is not ready."""
    try:
        directory.snapshot()
    except DirectoryUnavailable:
        log.warning("The database did not respond; the sites are loaded as soon as it does")


def expire_on_change(**_: object) -> None:
    """Receiver for the models that a snapshot is made of. Looks now (this transaction sees its own change) and
    again after the commit (only then may the epoch be trusted)."""
    directory.expire()
    transaction.on_commit(directory.expire)
