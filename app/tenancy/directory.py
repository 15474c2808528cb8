"""Host → site without a query: an immutable snapshot of all sites, replaced as a whole when the epoch changes.

The epoch is one row that database triggers raise in the transaction of any change to a site, its profile or its
aliases (`app.tenancy.sites.triggers`). The content versions of all sites are followed beside it: a look reads those
that were written since the last one. A process looks at most once per `SITES_REFRESH_SECONDS`:

- a server process refreshes in a thread of its own (`watch()`), so no request waits for it;
- any other process (a command, a test, a shell) refreshes when it needs the snapshot and the interval is over.

Without the database a process keeps the snapshot that it has (fail static) and tries again with back-off.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.utils import InterfaceError

from app.observability import metrics
from app.tenancy.content_versions import ContentVersions
from app.tenancy.hosts.names import InvalidHost, normalise_alias
from app.tenancy.hosts.snapshot import SiteEntry, Snapshot, build
from app.tenancy.hosts.unavailable import DirectoryUnavailable

log = logging.getLogger(__name__)

MAX_BACK_OFF_SECONDS = 30.0
MAX_START_SECONDS = 2.0
MAX_NOTICE_SECONDS = 5.0

SiteRow = tuple[int, str, str, str | None, str | None, str | None, str | None]
AliasRow = tuple[str, int, bool]


VERSION_BITS = 20
LOOK = {
    # No transaction below xmin runs: the next look finds what this one could not see.
    "postgresql": """SELECT (SELECT value FROM tenancy_epoch WHERE id = 1),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint, site_id, content_written_in, content_version
        FROM (VALUES (1)) AS one LEFT JOIN tenancy_siteprofile ON content_written_in >= %s""",
    "sqlite": """SELECT (SELECT value FROM tenancy_epoch WHERE id = 1),
        1 + COALESCE((SELECT value FROM tenancy_epoch WHERE id = 2), 0), site_id, content_written_in, content_version
        FROM (VALUES (1)) AS one LEFT JOIN tenancy_siteprofile ON content_written_in >= %s""",
}


class Look(NamedTuple):
    """The epoch, the `since` of the next look, and the content versions that were written since this one's."""

    epoch: int
    cursor: int
    versions: Mapping[int, int]


class NoSuchSite(LookupError):
    """No site has this id, domain, alias or key. `wanted` holds it."""

    def __init__(self, wanted: int | str) -> None:
        self.wanted = wanted
        super().__init__(f"There is no site {wanted!r}. `manage.py sites list` shows them.")


class SiteTables:
    """What the directory reads from the database."""

    def look(self, since: int | None) -> Look:
        """One statement, so that its parts agree; without a change it is one look-up in an index."""
        with connection.cursor() as cursor:
            cursor.execute(LOOK[connection.vendor], [-1 if since is None else since])
            rows = cursor.fetchall()
        epoch, cursor_value = rows[0][:2]
        return Look(
            epoch or 0,
            cursor_value,
            {row[2]: row[3] << VERSION_BITS | row[4] % 2**VERSION_BITS for row in rows if row[2]},
        )

    def rows(self) -> tuple[list[SiteRow], list[AliasRow], set[str]]:
        """Of sites, of aliases, and the hosts that are not served yet."""
        # Plain tuples: at 100,000 sites model instances cost seconds and hundreds of MiB.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.id, s.domain, s.name, p.state, p.theme, p.colour, CAST(p.settings AS TEXT)"
                " FROM django_site s LEFT JOIN tenancy_siteprofile p ON p.site_id = s.id ORDER BY s.id"
            )
            sites = cursor.fetchall()
            cursor.execute("SELECT host, site_id, redirect FROM tenancy_alias ORDER BY id")
            aliases = cursor.fetchall()
            cursor.execute("SELECT host FROM tenancy_pendinghost")
            return sites, aliases, {host for (host,) in cursor.fetchall()}


class Directory:
    """Keeps this process's snapshot current. One instance, `directory`, serves the process."""

    def __init__(self, tables: SiteTables | None = None) -> None:
        self._tables = tables or SiteTables()
        self._snapshot: Snapshot | None = None
        self._versions = ContentVersions()
        self._cursor: int | None = None
        self._checked_at = 0.0
        self._due_at = 0.0
        self._failures = 0
        self._refreshing = threading.Lock()
        self._wake = threading.Event()
        self._first_refresh_done = threading.Event()
        self._is_watched = False

    def snapshot(self) -> Snapshot:
        """The snapshot to serve from. Raises `DirectoryUnavailable` when there never was one."""
        if self._snapshot is None or (not self._is_watched and time.monotonic() >= self._due_at):
            self.refresh()
        if self._snapshot is None:
            raise DirectoryUnavailable("The site directory could not be read. Is the database running?")
        return self._snapshot

    def content_version(self, site_id: int) -> int:
        """A number that changes with the site's content, and has no other meaning. As current as the snapshot."""
        return self._versions.of(site_id)

    def expire(self) -> None:
        """This process changed a site or its content: refresh before the next answer, without the interval."""
        self._due_at = 0.0
        self._wake.set()

    def wait_for_other_processes(self) -> None:
        """Returns when every server process has had time to notice a change that was committed; at most 5 s later."""
        if self._is_watched:
            time.sleep(min(MAX_NOTICE_SECONDS, settings.SITES_REFRESH_SECONDS * 1.25))

    def watch(self) -> threading.Thread:
        """From now on a thread of this process reads the epoch; requests only read the snapshot. Call after fork.

        Waits for the first refresh, because a worker is forked with its master's snapshot, which is as old as the
        master; but at most two seconds: without a database an old snapshot is better than no worker.
        """
        self._is_watched = True
        self._first_refresh_done.clear()
        watcher = threading.Thread(target=self._watch, name="sites-directory", daemon=True)
        watcher.start()
        self._first_refresh_done.wait(MAX_START_SECONDS)
        return watcher

    def forget(self) -> None:
        """Drops the snapshot, as at the start of a process."""
        self._snapshot, self._due_at, self._failures = None, 0.0, 0
        self._versions, self._cursor = ContentVersions(), None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the last refresh found no database."""
        return self._failures > 0

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the snapshot was last known to be current; None before the first."""
        return None if self._snapshot is None else max(0.0, time.monotonic() - self._checked_at)

    def refresh(self) -> None:
        """Reads the epoch, and the sites if it changed. A database fault is logged, and the snapshot stays."""
        if self._is_watched and connection.in_atomic_block:
            return  # rows that may still be rolled back are not for the other threads
        # While another thread refreshes, the caller continues with the present snapshot, if there is one.
        if not self._refreshing.acquire(blocking=self._snapshot is None):
            return
        try:
            self._load_if_changed()
        except (DatabaseError, InterfaceError) as error:
            self._failures += 1
            self._cursor = None  # the next server may be another one, with other transactions
            wait = min(MAX_BACK_OFF_SECONDS, settings.SITES_REFRESH_SECONDS + 2.0 ** min(self._failures, 10) / 4)
            self._due_at = time.monotonic() + wait
            metrics.DIRECTORY_FAULTS.inc()
            # The message of a database error may hold a host and a user; its class is enough here.
            log.warning("Site directory not refreshed (%s); next refresh in %.1f s", type(error).__name__, wait)
            if not connection.in_atomic_block:
                connection.close()
        else:
            self._failures = 0
            self._checked_at = time.monotonic()
            self._due_at = self._checked_at + settings.SITES_REFRESH_SECONDS
            metrics.DIRECTORY_CHECKED.set_to_current_time()
            # On every refresh: a worker inherits the master's snapshot, but not its gauges.
            metrics.DIRECTORY_SITES.set(len(self._snapshot.sites) if self._snapshot else 0)
            metrics.DIRECTORY_EPOCH.set((self._snapshot.epoch if self._snapshot else None) or 0)
        finally:
            self._refreshing.release()

    def _watch(self) -> None:
        while True:
            try:
                connection.close_if_unusable_or_obsolete()
                self.refresh()
            except Exception:
                # Any fault is caught: without this thread the process would serve an old snapshot until it ends.
                log.exception("Refresh of the site directory failed; the next is in %.0f s", MAX_BACK_OFF_SECONDS)
                metrics.DIRECTORY_FAULTS.inc()
                self._due_at = time.monotonic() + MAX_BACK_OFF_SECONDS
            self._first_refresh_done.set()
            self._wake.wait(max(0.05, self._due_at - time.monotonic()))
            self._wake.clear()

    def _load_if_changed(self) -> None:
        look = self._tables.look(self._cursor)
        in_transaction = connection.in_atomic_block
        if not in_transaction:
            if self._cursor is not None and look.cursor < self._cursor:
                look, self._cursor = self._tables.look(None), None  # a restored database counts from its own past
            if self._cursor is None:
                self._versions.load(look.versions)
            else:
                self._versions.update(look.versions)
            self._cursor = look.cursor
            if self._snapshot is not None and self._snapshot.epoch == look.epoch:
                return
        # The epoch is read before the rows: a change in between only makes the next refresh load again.
        self._snapshot = build(None if in_transaction else look.epoch, *self._tables.rows())
        Site.objects.clear_cache()  # contrib.sites keeps rows for the life of the process
        metrics.DIRECTORY_LOADS.inc()
        metrics.set_labelled_sites(self._snapshot.sites)


directory = Directory()


def find_site(wanted: int | str) -> SiteEntry:
    """The site with this id, domain (in any spelling), alias or key. Raises `NoSuchSite`.

    Other than for visitors, a host that only a wildcard matches is no alias: a mistyped name must not be another site.
    """
    entry = _find(directory.snapshot(), wanted)
    if entry is None:
        # Another process may have added it since the last refresh.
        directory.refresh()
        entry = _find(directory.snapshot(), wanted)
    if entry is None and isinstance(wanted, str):
        # The snapshot has no keys, because requests need none, and finds no host that is not served yet.
        host = _normalised(wanted)
        stored = Site.objects.filter(Q(profile__key=wanted) | Q(domain=host) | Q(aliases__host=host))
        entry = directory.snapshot().sites.get(stored.values_list("pk", flat=True).first() or 0)
    if entry is None:
        raise NoSuchSite(wanted)
    return entry


def _find(snapshot: Snapshot, wanted: int | str) -> SiteEntry | None:
    if isinstance(wanted, int) or (wanted.isascii() and wanted.isdigit() and len(wanted) < 20):
        return snapshot.sites.get(int(wanted))
    return snapshot.named(_normalised(wanted))


def _normalised(wanted: str) -> str:
    """The host that was typed in any spelling; empty if it is none."""
    try:
        return normalise_alias(wanted)
    except InvalidHost:
        return ""


def expire_on_change(**_: object) -> None:
    """Receiver for the models that a snapshot is made of. Refreshes now (this transaction sees its own change) and
    again after the commit (only then may the epoch be trusted)."""
    directory.expire()
    transaction.on_commit(directory.expire)


def warm_up() -> None:
    """Loads the snapshot before the first request, if the database responds."""
    try:
        directory.snapshot()
    except DirectoryUnavailable:
        log.warning("The database did not respond; the sites are loaded as soon as it does")
