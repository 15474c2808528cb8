"""The life of `reconcile_routes`: follows the database and the cluster, and acts while it holds the Lease."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.utils import InterfaceError

from app.routes.cluster.api import ApiServer, ApiUnavailable
from app.routes.cluster.lease import Election
from app.routes.cluster.outage import Outage
from app.routes.cluster.watch import Cache, Watcher
from app.routes.reconcile import Reconciler, Result
from app.routes.record import RECORD_SECONDS, Records
from app.routes.sites import routed_sites
from app.routes.status import Status, secret_names, status_of
from app.routes.template import Object, RoutedSite, RouteTemplate
from app.tenancy.directory import directory
from app.tenancy.hosts.unavailable import DirectoryUnavailable

log = logging.getLogger(__name__)

#: A pass without a reason, in case that a change was missed.
PASS_SECONDS = 300.0
LEAST_WAIT_SECONDS, MOST_BACK_OFF_SECONDS = 0.2, 30.0
#: For the liveness probe and for `end()`, however seldom the sites are read.
MOST_WAIT_SECONDS = 1.0
NOT_YET = "The route is not created yet."
WAITS_FOR_CHART = "The site is declared in a file: the route of the chart is waited for, for ten minutes."


@dataclass(frozen=True, slots=True)
class Options:
    allow_mass_removal: bool = False
    alive: Path | None = None
    """A file that is touched again and again: the liveness probe looks at its age."""


class Run:
    """`start()` once, then `step()` again and again; or `forever()`."""

    def __init__(self, api: ApiServer, template: RouteTemplate, identity: str, options: Options = Options()) -> None:
        self._api, self._template, self._options = api, template, options
        self._wake, self.stop = threading.Event(), threading.Event()
        self._dirty, self._is_ended = True, False
        self.caches = {kind: Cache(kind, self._changed) for kind in (*template.kinds, *template.read_kinds)}
        self._outage = Outage()
        self.election = Election(api, template.lease, identity, self._outage)
        self._reconciler = Reconciler(
            api,
            template,
            self.caches,
            may_write=self._may_write,
            write_until=lambda: self.election.held_until,
            allow_mass_removal=options.allow_mass_removal,
        )
        self._records = Records()
        self._sites: dict[str, RoutedSite] | None = None
        self._epoch: int | None = None
        self._pass_due_at = self._record_due_at = self._not_before = 0.0
        self._recorded: dict[str, int] = {}
        self._failures = 0
        self._database_is_away = False

    def forever(self) -> None:
        """Until `end()`."""
        threads = self.start()
        while not self._is_ended:
            self.step()
            self._wake.wait(max(LEAST_WAIT_SECONDS, min(settings.SITES_REFRESH_SECONDS, MOST_WAIT_SECONDS)))
            self._wake.clear()
            self.stop.wait(LEAST_WAIT_SECONDS)  # several changes of the cluster become one pass
        self.stop.set()
        for thread in threads:
            thread.join(2)

    def end(self) -> None:
        """Ends `forever()` within a second or two. A signal's handler may call it: it takes no lock."""
        self._is_ended = True

    def start(self) -> list[threading.Thread]:
        """The threads that follow the cluster and the Lease. Returns those that end when `stop` is set."""
        for cache in self.caches.values():
            watcher = Watcher(self._api, cache, self._outage)
            threading.Thread(target=watcher.run, args=[self.stop], name=cache.kind.plural, daemon=True).start()
        lease = threading.Thread(target=self.election.run, args=[self.stop, self._changed], name="lease", daemon=True)
        lease.start()
        return [lease]

    def step(self) -> Result | None:
        """Reads the sites if they have changed, and makes a pass if there is a reason for one."""
        self._touch()
        now = time.monotonic()
        if not self.election.leads:
            self._records.forget()
            self._dirty = True
            return None
        if not all(self.caches[kind].is_complete for kind in self._template.kinds) or now < self._not_before:
            return None
        try:
            if self._read_sites():
                self._dirty = True
            due = self._dirty or now >= min(self._pass_due_at, self._reconciler.due_at)
            if self._sites is None or not due:
                return None
            return self._pass(self._sites)
        except ApiUnavailable as error:
            self._failures += 1
            self._outage.began(error)
            self._dirty = True
            wait = max(error.retry_after, min(MOST_BACK_OFF_SECONDS, 2.0 ** min(self._failures, 10) / 4))
            self._not_before = time.monotonic() + wait
        except (DatabaseError, InterfaceError, DirectoryUnavailable) as error:
            self._database_failed(error)
        return None

    def _read_sites(self) -> bool:
        """Whether the sites are others than before. Without the database they are what they were."""
        if not connection.in_atomic_block:  # as in tests; there Django would close it
            connection.close_if_unusable_or_obsolete()
        epoch = directory.snapshot().epoch
        # In a transaction, as in tests, there is no epoch to trust.
        if directory.is_out_of_reach or (self._sites is not None and epoch is not None and epoch == self._epoch):
            return False
        self._sites, self._epoch = routed_sites(wildcards=self._template.wildcards), epoch
        if self._database_is_away:
            self._database_is_away = False
            log.info("The database is back")
        return True

    def _pass(self, sites: Mapping[str, RoutedSite]) -> Result:
        self._dirty = False  # before: a change during the pass leads to another one
        result = self._reconciler.run(sites)
        self._failures = 0
        now = time.monotonic()
        self._pass_due_at = now + PASS_SECONDS
        if not result.is_complete:
            self._dirty = True
        self._records.save(self._statuses(sites, result))
        if result.is_complete:
            if result.numbers != self._recorded or now >= self._record_due_at:
                self._records.save_pass(result)
                self._recorded, self._record_due_at = result.numbers, now + RECORD_SECONDS
            self._pass_due_at = min(self._pass_due_at, self._record_due_at)
        return result

    def _statuses(self, sites: Mapping[str, RoutedSite], result: Result) -> dict[int, Status]:
        by_key: dict[str, list[Object]] = defaultdict(list)
        certificates: dict[str, Object] = {}
        for kind, cache in self.caches.items():
            for one in cache.all():
                if kind.name == "Certificate":
                    certificates[one["spec"].get("secretName", "")] = one
                if self._template.owns(one) or self._template.is_declared(one):
                    by_key[self._template.key_of(one)].append(one)
        return {site.id: self._status(site, by_key[key], certificates, result) for key, site in sites.items()}

    def _status(
        self, site: RoutedSite, objects: list[Object], certificates: Mapping[str, Object], result: Result
    ) -> Status:
        notes, waits = [*result.faults.get(site.key, [])], site.key in result.waiting
        if site.left_out:
            notes.append(f"No route for {', '.join(site.left_out)}: a wildcard certificate needs tls.dns01=true.")
        if not site.hosts and not objects:  # a declared site may have a route for a host that gets none here
            return Status(message="; ".join(notes) or "No route: the site has no host yet that visitors can reach.")
        if not objects:
            return Status(
                accepted=False if notes else None, message="; ".join(notes) or (WAITS_FOR_CHART if waits else NOT_YET)
            )
        used = [certificates[name] for name in sorted(secret_names(objects)) if name in certificates]
        return status_of(objects, used, notes)

    def _may_write(self) -> bool:
        self._touch()
        return self.election.leads and not self._is_ended

    def _changed(self) -> None:
        self._dirty = True
        self._wake.set()

    def _touch(self) -> None:
        if self._options.alive is not None:
            self._options.alive.touch()

    def _database_failed(self, error: Exception) -> None:
        self._dirty = True
        self._not_before = time.monotonic() + 1
        self._records.forget()
        if not self._database_is_away:
            self._database_is_away = True
            # The message of a database error may hold a host and a user; its class is enough here.
            log.warning("The database is unavailable (%s). No route is removed until it is back.", type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()
