"""Sites whose routes the chart creates. What the cluster has is what counts: the values of the chart are not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from app.routes.cluster.watch import Cache
from app.routes.status import secret_names, status_of
from app.routes.template import Kind, Object, RoutedSite, RouteTemplate

PATIENCE_SECONDS = 600.0


class Declared:
    """As of the last `look()`.

    `keys`: the sites with a route of the chart. `waiting`: sites of a file that may get one soon. The row of a new site
    is written before Helm creates its route, and some controllers refuse a second route of a host.
    `without_certificate`: sites whose route of the chart exists, but not the certificate that it uses.
    """

    def __init__(self, template: RouteTemplate, caches: Mapping[Kind, Cache], clock: Callable[[], float]) -> None:
        self._template, self._caches = template, caches
        self._seen: set[str] = set()
        self._new, self._replaced = _Since(clock), _Since(clock)
        self.keys: set[str] = set()
        self.waiting: set[str] = set()
        self.without_certificate: set[str] = set()

    def look(self, sites: Iterable[RoutedSite], with_routes: Collection[str]) -> None:
        """`with_routes`: the keys of the sites that have a route of ours."""
        by_key = self._objects()
        self.keys = {key for key, objects in by_key.items() if any(map(self._template.is_declared, objects))}
        self._seen |= self.keys
        known = {*self._seen, *with_routes}
        self._new.keep({one.key for one in sites if one.is_from_file and one.key not in known})
        self.waiting = self._new.recent() if self._template.declares else set()
        self._replaced.keep(self.keys & set(with_routes))
        recent, certificates = self._replaced.recent(), self._certificates()
        self.without_certificate = {
            key
            for key in self._replaced.since
            if certificates is not None and not _is_certified(by_key[key], certificates, is_recent=key in recent)
        }

    def _objects(self) -> Mapping[str, list[Object]]:
        by_key: dict[str, list[Object]] = defaultdict(list)
        for kind in self._template.kinds:
            for one in self._caches[kind].all():
                if self._template.is_of_chart(one):
                    by_key[self._template.key_of(one)].append(one)
        return by_key

    def _certificates(self) -> Mapping[str, Object] | None:
        """By the Secret that each is stored in; None where cert-manager makes none."""
        caches = [cache for kind, cache in self._caches.items() if kind.name == "Certificate"]
        return {one["spec"].get("secretName", ""): one for cache in caches for one in cache.all()} if caches else None


class _Since:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.since: dict[str, float] = {}

    def keep(self, keys: Collection[str]) -> None:
        now = self._clock()
        self.since = {key: self.since.get(key, now) for key in keys}

    def recent(self) -> set[str]:
        now = self._clock()
        return {key for key, since in self.since.items() if now < since + PATIENCE_SECONDS}


def _is_certified(objects: Iterable[Object], certificates: Mapping[str, Object], *, is_recent: bool) -> bool:
    names = secret_names(objects)
    used = [certificates[name] for name in names & certificates.keys()]
    if len(used) < max(1, len(names)):
        # cert-manager may make one soon. A Secret of one's own never has one.
        return not is_recent and _are_ready(used)
    return _are_ready(used)


def _are_ready(certificates: Collection[Object]) -> bool:
    return not certificates or status_of([], certificates).certificate_ready is True
