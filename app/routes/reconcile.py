"""One pass: what the sites need is compared with what the cluster has, and the difference is written.

Nothing is written but objects that carry our labels, and nothing is written twice: an object that has every wanted
field, and the digest of its content, is left alone.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.routes.cluster.api import ApiRefused, ApiServer
from app.routes.cluster.watch import Cache
from app.routes.template import DIGEST, Kind, Object, RoutedSite, RouteTemplate, contains

log = logging.getLogger(__name__)

MOST_WRITES = 200
"""Of one pass; the next one continues. In between, statuses are stored and newer changes are seen."""
FEW_REMOVALS = 10
FIRST_RETRY_SECONDS, MOST_RETRY_SECONDS = 2.0, 300.0

Id = tuple[Kind, str]


@dataclass(slots=True)
class Result:
    """`faults`: key of a site → what could not be done. `is_complete`: everything was looked at."""

    wanted: int = 0
    present: int = 0
    writes: int = 0
    refused_removals: int = 0
    is_complete: bool = True
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


@dataclass(slots=True)
class _Retry:
    digest: str
    at: float
    seconds: float
    message: str


class Reconciler:
    def __init__(
        self,
        api: ApiServer,
        template: RouteTemplate,
        caches: Mapping[Kind, Cache],
        *,
        may_write: Callable[[], bool],
        allow_mass_removal: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._template, self._caches = api, template, caches
        self._may_write, self._allow_mass_removal, self._clock = may_write, allow_mass_removal, clock
        self._filled: dict[RoutedSite, list[Object]] = {}
        self._settled: dict[Id, tuple[str, str]] = {}
        self._retries: dict[Id, _Retry] = {}
        self._refusal = ""

    @property
    def due_at(self) -> float:
        """When the next refused object is tried again."""
        return min((retry.at for retry in self._retries.values()), default=float("inf"))

    def declared_keys(self) -> set[str]:
        """The sites that the chart has a route for: what the cluster has is what counts."""
        routes = (one for kind in self._template.kinds for one in self._caches[kind].all())
        return {self._template.key_of(one) for one in routes if self._template.declares(one)}

    def run(self, sites: Mapping[str, RoutedSite]) -> Result:
        """Raises `ApiUnavailable` in the middle: the next pass starts over."""
        result = Result()
        declared = self.declared_keys()
        wanted: dict[Id, tuple[str, Object]] = {}
        self._filled = {site: self._filled.get(site) or self._template.fill(site) for site in sites.values()}
        for key, site in sites.items():
            if key not in declared:
                for one in self._filled[site]:
                    wanted[Kind(one["apiVersion"], one["kind"]), one["metadata"]["name"]] = key, one
        self._retries = {which: retry for which, retry in self._retries.items() if which in wanted}
        self._settled = {which: known for which, known in self._settled.items() if which in wanted}
        result.wanted = len(wanted)
        for which, (key, one) in wanted.items():
            self._keep(which, key, one, result)
        self._remove_others(wanted, sites, result)
        return result

    def _keep(self, which: Id, key: str, wanted: Object, result: Result) -> None:
        kind, name = which
        present = self._caches[kind].get(name)
        if present is not None and not self._template.owns(present):
            result.faults[key].append(
                f"{kind.name} {name} exists and is not ours: it was left alone. Rename or delete it."
            )
            return
        if present is not None:
            result.present += 1
            if "deletionTimestamp" in present["metadata"] or self._is_current(which, present, wanted):
                return
        retry = self._retries.get(which)
        if retry is not None and retry.digest == _digest(wanted) and self._clock() < retry.at:
            result.faults[key].append(retry.message)
            return
        if result.writes >= MOST_WRITES or not self._may_write():
            result.is_complete = False
            return
        result.writes += 1
        self._apply(which, key, wanted, present, result)

    def _apply(self, which: Id, key: str, wanted: Object, present: Object | None, result: Result) -> None:
        kind, name = which
        sent = wanted
        if present is not None:
            # SECURITY: this very object; one that took its name since is not ours.
            sent = {**wanted, "metadata": {**wanted["metadata"], "uid": present["metadata"]["uid"]}}
        try:
            # A new object without force: fields of another manager mean that somebody was first.
            stored = self._api.apply(kind, sent, force=present is not None)
        except ApiRefused as refused:
            self._defer(which, wanted, f"{kind.name} {name}: {refused}")
            result.faults[key].append(self._retries[which].message)
            return
        self._retries.pop(which, None)
        self._settled[which] = _digest(wanted), stored["metadata"]["resourceVersion"]
        self._caches[kind].put(stored)
        if present is None:
            result.present += 1

    def _defer(self, which: Id, wanted: Object, message: str) -> None:
        before = self._retries.get(which)
        seconds = min(MOST_RETRY_SECONDS, before.seconds * 2) if before else FIRST_RETRY_SECONDS
        if before is None or before.message != message:
            log.warning("Refused by the API server: %s", message)
        self._retries[which] = _Retry(_digest(wanted), self._clock() + seconds, seconds, message)

    def _is_current(self, which: Id, present: Object, wanted: Object) -> bool:
        # What the server made of our last write counts as current, also where it stores a field in another way.
        if self._settled.get(which) == (_digest(wanted), present["metadata"].get("resourceVersion")):
            return True
        return contains(present, wanted)

    def _remove_others(self, wanted: Mapping[Id, object], sites: Mapping[str, RoutedSite], result: Result) -> None:
        owned = [
            (kind, one)
            for kind in self._template.kinds
            for one in self._caches[kind].all()
            if self._template.owns(one) and "deletionTimestamp" not in one["metadata"]
        ]
        left = [(kind, one) for kind, one in owned if (kind, one["metadata"]["name"]) not in wanted]
        keys = {self._template.key_of(one) for _, one in owned}
        lost = {self._template.key_of(one) for _, one in left} - sites.keys()
        if self._is_refused(len(lost), len(keys), has_sites=bool(sites)):
            result.refused_removals = len(lost)
            left = [(kind, one) for kind, one in left if self._template.key_of(one) not in lost]
        for kind, one in left:
            if result.writes >= MOST_WRITES or not self._may_write():
                result.is_complete = False
                return
            result.writes += 1
            try:
                self._api.delete(kind, one)
            except ApiRefused as refused:
                result.faults[self._template.key_of(one)].append(f"{kind.name} {one['metadata']['name']}: {refused}")
            else:
                self._caches[kind].remove(one["metadata"]["name"])

    def _is_refused(self, lost: int, of: int, *, has_sites: bool) -> bool:
        """SECURITY: a database that lacks most sites is more likely a mistake than a wish."""
        refused = (
            lost > 0 and not self._allow_mass_removal and (not has_sites or (lost > FEW_REMOVALS and 2 * lost > of))
        )
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
