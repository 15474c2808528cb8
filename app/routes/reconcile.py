"""One pass: what the sites need is compared with what the cluster has, and the difference is written.

Nothing is written but objects that carry our labels, and nothing is written twice: an object that has every wanted
field, and the digest of its content, is left alone.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.routes.cluster.api import ApiRefused, ApiServer, ApiUnavailable
from app.routes.cluster.watch import Cache
from app.routes.declared import Declared
from app.routes.retries import MOST_RETRY_SECONDS, Id, Retries
from app.routes.template import DIGEST, Kind, Object, RoutedSite, RouteTemplate, contains

log = logging.getLogger(__name__)

MOST_WRITES = 200
"""Of one pass; the next one continues. In between, statuses are stored and newer changes are seen."""
FEW_REMOVALS = 10
SEVERAL_SITES = 3
#: So many in a row are no fault of one object: the pass ends.
MOST_UNAVAILABLE = 3
#: Short: after an outage, the first objects must not wait for long.
MOST_UNAVAILABLE_SECONDS = 30.0


@dataclass(slots=True)
class Result:
    """`faults`: key of a site → what could not be done. `waiting`: keys of sites that the chart may give a route.
    `is_complete`: everything was looked at."""

    wanted: int = 0
    present: int = 0
    writes: int = 0
    refused_removals: int = 0
    is_complete: bool = True
    waiting: set[str] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def numbers(self) -> dict[str, int]:
        """As `RoutePass` stores them."""
        return {
            "wanted": self.wanted,
            "present": self.present,
            "faults": sum(map(len, self.faults.values())),
            "refused_removals": self.refused_removals,
        }


class Reconciler:
    def __init__(
        self,
        api: ApiServer,
        template: RouteTemplate,
        caches: Mapping[Kind, Cache],
        *,
        may_write: Callable[[], bool],
        write_until: Callable[[], float],
        allow_mass_removal: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._template, self._caches = api, template, caches
        self._may_write, self._write_until, self._allow_mass_removal = may_write, write_until, allow_mass_removal
        self._declared = Declared(template, caches, clock)
        self._filled: dict[RoutedSite, list[Object]] = {}
        self._settled: dict[Id, tuple[str, str]] = {}
        self._retries = Retries(clock)
        self._unavailable = 0
        self._refusal = ""

    @property
    def due_at(self) -> float:
        """When the next object that was not accepted is tried again."""
        return self._retries.due_at

    def run(self, sites: Mapping[str, RoutedSite]) -> Result:
        """Raises `ApiUnavailable` in the middle: the next pass starts over."""
        result = Result()
        self._unavailable = 0
        owned = [
            (kind, one)
            for kind in self._template.kinds
            for one in self._caches[kind].all()
            if self._template.owns(one) and "deletionTimestamp" not in one["metadata"]
        ]
        with_routes = {self._template.key_of(one) for _, one in owned}
        self._declared.look(sites.values(), with_routes)
        result.waiting = self._declared.waiting
        wanted = self._wanted(sites, result)
        left = [(kind, one) for kind, one in owned if (kind, one["metadata"]["name"]) not in wanted]
        self._retries.forget_others({*wanted, *((kind, one["metadata"]["name"]) for kind, one in left)})
        self._settled = {which: known for which, known in self._settled.items() if which in wanted}
        result.wanted = len(wanted)
        for which in sorted(wanted, key=self._rank):
            self._keep(which, *wanted[which], result)
        self._remove(left, with_routes, sites, result)
        return result

    def _wanted(self, sites: Mapping[str, RoutedSite], result: Result) -> dict[Id, tuple[str, Object]]:
        wanted: dict[Id, tuple[str, Object]] = {}
        self._filled = {site: self._filled.get(site) or self._template.fill(site) for site in sites.values()}
        for key, site in sites.items():
            if key in self._declared.keys or key in result.waiting:
                continue
            for one in self._filled[site]:
                which = Kind(one["apiVersion"], one["kind"]), one["metadata"]["name"]
                if which in wanted:
                    result.faults[key].append(
                        f"{one['kind']} {which[1]} would also be an object of the site {wanted[which][0]}."
                    )
                else:
                    wanted[which] = key, one
        return wanted

    def _rank(self, which: Id) -> int:
        """New objects first, and last those that were not accepted before."""
        kind, name = which
        return 2 if which in self._retries else 0 if self._caches[kind].get(name) is None else 1

    def _keep(self, which: Id, key: str, wanted: Object, result: Result) -> None:
        kind, name = which
        present = self._caches[kind].get(name)
        if present is not None and not self._template.owns(present):
            result.faults[key].append(
                f"{kind.name} {name} exists and is not ours: it was left alone. Rename or delete it."
            )
            self._retries.done(which)
            return
        if present is not None:
            result.present += 1
            if "deletionTimestamp" in present["metadata"] or self._is_current(which, present, wanted):
                self._retries.done(which)
                return
        sent = wanted
        if present is not None:
            # SECURITY: this very object; one that took its name since is not ours.
            sent = {**wanted, "metadata": {**wanted["metadata"], "uid": present["metadata"]["uid"]}}

        def apply() -> None:
            # A new object without force: fields of another manager mean that somebody was first.
            stored = self._api.apply(kind, sent, force=present is not None, until=self._write_until())
            self._settled[which] = _digest(wanted), stored["metadata"]["resourceVersion"]
            self._caches[kind].put(stored)
            if present is None:
                result.present += 1

        self._write(which, key, _digest(wanted), apply, result)

    def _write(self, which: Id, key: str, content: str, write: Callable[[], None], result: Result) -> None:
        """One write, now or later. Raises `ApiUnavailable` if it is no fault of this object alone."""
        if message := self._retries.waiting(which, content):
            result.faults[key].append(message)
            return
        if result.writes >= MOST_WRITES or not self._may_write():
            result.is_complete = False
            return
        result.writes += 1
        try:
            write()
        except ApiRefused as refused:
            self._unavailable = 0
            self._defer(which, key, content, refused, MOST_RETRY_SECONDS, result)
        except ApiUnavailable as error:
            if not error.may_be_the_object:
                raise
            self._defer(which, key, content, error, MOST_UNAVAILABLE_SECONDS, result)
            self._unavailable += 1
            if self._unavailable >= MOST_UNAVAILABLE:
                raise
        else:
            self._unavailable = 0
            self._retries.done(which)

    def _defer(self, which: Id, key: str, content: str, error: Exception, most: float, result: Result) -> None:
        message = f"{which[0].name} {which[1]}: {error}"
        self._retries.defer(which, content, message, most)
        result.faults[key].append(message)

    def _is_current(self, which: Id, present: Object, wanted: Object) -> bool:
        # What the server made of our last write counts as current, also where it stores a field in another way.
        if self._settled.get(which) == (_digest(wanted), present["metadata"].get("resourceVersion")):
            return True
        return contains(present, wanted)

    def _remove(
        self,
        left: Sequence[tuple[Kind, Object]],
        with_routes: Collection[str],
        sites: Mapping[str, RoutedSite],
        result: Result,
    ) -> None:
        lost = {self._template.key_of(one) for _, one in left} - sites.keys()
        kept = self._declared.without_certificate & sites.keys()
        if self._is_refused(len(lost), len(with_routes), has_sites=bool(sites)):
            result.refused_removals = len(lost)
            kept |= lost
        for kind, one in left:
            which, key = (kind, one["metadata"]["name"]), self._template.key_of(one)
            if key in kept:
                self._retries.done(which)
            else:
                self._write(which, key, one["metadata"]["uid"], partial(self._delete, kind, one), result)

    def _delete(self, kind: Kind, one: Object) -> None:
        self._api.delete(kind, one, until=self._write_until())
        self._caches[kind].remove(one["metadata"]["name"])

    def _is_refused(self, lost: int, of: int, *, has_sites: bool) -> bool:
        """SECURITY: a database that lacks most sites is more likely a mistake than a wish."""
        is_most = (lost > FEW_REMOVALS and 2 * lost > of) or (of >= SEVERAL_SITES and lost >= of - 1)
        refused = lost > 0 and not self._allow_mass_removal and (is_most or not has_sites)
        message = (
            f"{lost} of {of} sites that have routes are not in the database; no route of theirs is removed. If they "
            "were deleted on purpose, set routes.reconcile.allowMassRemoval=true for a while."
            if refused
            else ""
        )
        if message and message != self._refusal:
            log.error(message)
        self._refusal = message
        return refused


def _digest(item: Object) -> str:
    return str(item["metadata"]["annotations"][DIGEST])
