"""What the cluster has, by kind, kept current: one list, and then its changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.routes.cluster.api import ApiRefused, ApiServer, ApiUnavailable, ExpiredVersion
from app.routes.cluster.outage import Outage
from app.routes.template import Kind, Object

log = logging.getLogger(__name__)

MOST_SECONDS = 30.0
REFUSED_SECONDS = 30.0
EXPIRED_SECONDS = 1.0
SHORT_SECONDS = 1.0


class Cache:
    """The objects of one kind in the namespace, by name, whosever they are. `is_complete` after the first list."""

    def __init__(self, kind: Kind, on_change: Callable[[], object]) -> None:
        self.kind, self.is_complete = kind, False
        self._objects: dict[str, Object] = {}
        self._on_change = on_change

    def get(self, name: str) -> Object | None:
        return self._objects.get(name)

    def all(self) -> list[Object]:
        return list(self._objects.values())

    def replace(self, items: list[Object]) -> None:
        self._objects = {one["metadata"]["name"]: _kept(one) for one in items}
        self.is_complete = True
        self._on_change()

    def put(self, item: Object) -> None:
        self._objects[item["metadata"]["name"]] = _kept(item)
        self._on_change()

    def remove(self, name: str) -> None:
        self._objects.pop(name, None)
        self._on_change()


def _kept(item: Object) -> Object:
    """Without what is large and not used."""
    return {**item, "metadata": {key: one for key, one in item["metadata"].items() if key != "managedFields"}}


class Watcher:
    def __init__(self, api: ApiServer, cache: Cache, outage: Outage) -> None:
        self._api, self._cache, self._outage = api, cache, outage
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Follows the kind until `stop`. Every fault ends in a new list, after a pause that grows."""
        while not stop.is_set():
            stop.wait(self.follow(stop))

    def follow(self, stop: threading.Event) -> float:
        """One list and the watches after it, until a fault; the seconds to wait before the next."""
        try:
            items, version = self._api.list(self._cache.kind)
            self._cache.replace(items)
            self._failures = 0
            self._outage.ended()
            while not stop.is_set():
                started = time.monotonic()
                version = self._watch(version)
                if time.monotonic() - started < SHORT_SECONDS:
                    stop.wait(SHORT_SECONDS)  # a server, or a proxy before it, that ends watches at once
        except ExpiredVersion:
            return EXPIRED_SECONDS
        except ApiUnavailable as error:
            self._failures += 1
            self._outage.began(error)
            return max(error.retry_after, min(MOST_SECONDS, 2.0 ** min(self._failures, 10) / 4))
        except ApiRefused as refused:
            # The definition is not installed, or the account may not list it.
            if self._failures == 0:
                log.warning("%s cannot be listed: %s", self._cache.kind.plural, refused)
            self._failures += 1
            return REFUSED_SECONDS
        except Exception:
            # Any fault is caught: without this thread the process would act on what the cluster once had.
            log.exception("The watch of %s failed", self._cache.kind.plural)
            return MOST_SECONDS
        return 0.0

    def _watch(self, version: str) -> str:
        """Follows until the server ends the watch; the version to continue from."""
        for change, item in self._api.watch(self._cache.kind, version):
            version = item["metadata"]["resourceVersion"]
            if change == "DELETED":
                self._cache.remove(item["metadata"]["name"])
            elif change != "BOOKMARK":
                self._cache.put(item)
        return version
