"""Visitors who request pages of all sites in turn, and check each response."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import BadStatusLine, HTTPConnection, HTTPException

from bench.faults.platform import Platform
from bench.pages.content import PATH
from tests.support.server import Server

VISITORS = 12
PAUSE_SECONDS = 0.03
PATIENCE_SECONDS = 60.0
#: A request with this header gets no stored page, so it needs the database.
FROM_DATABASE = {"Authorization": "Bearer of-nobody"}
PROBE_SECONDS = 0.2
KUBELET_SECONDS = 5.0

OK, REFUSED, BROKEN, WRONG = "ok", "refused", "broken", "wrong site"


@dataclass(frozen=True, slots=True)
class Visit:
    began: float
    ended: float
    result: str
    stored: bool
    """Whether a stored page would do."""
    status: int


@dataclass
class Probes:
    """What the kubelet would have seen: by path, the time and status of each probe; 0 for none in time."""

    results: list[tuple[str, float, int]] = field(default_factory=list)

    def failures(self, path: str, since: float) -> int:
        return sum(1 for name, at, status in self.results if name == path and at >= since and status != 200)


@dataclass
class Crowd:
    platform: Platform
    visits: list[Visit] = field(default_factory=list)
    probes: Probes = field(default_factory=Probes)
    retried: int = 0
    """Requests that a kept connection lost before a byte of the response; proxies send such a GET again, so do we."""
    over: threading.Event = field(default_factory=threading.Event)

    def visit_until_over(self, number: int) -> None:
        # One visitor in two keeps its connection, as a proxy does. One in two needs the database.
        keeps, stored = number % 2 == 0, number % 4 < 2
        domains = itertools.cycle([*self.platform.sites][number:] + [*self.platform.sites][:number])
        connection: HTTPConnection | None = None
        server: Server | None = None
        while not self.over.wait(PAUSE_SECONDS):
            if connection is not None and server not in self.platform.pods:
                connection.close()  # a proxy that has heard of it takes another server
                connection = None
            fresh = connection is None
            if connection is None:
                server = self.platform.pods[number % len(self.platform.pods)]
                connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
            domain, began = next(domains), time.monotonic()
            try:
                result, status = self.request(connection, domain, stored=stored)
            except (OSError, HTTPException) as error:
                connection.close()
                connection = None
                if not fresh and isinstance(error, ConnectionError | BadStatusLine):
                    self.retried += 1
                    continue
                result, status = BROKEN, 0
            self.visits.append(Visit(began, time.monotonic(), result, stored, status))
            if connection is not None and not keeps:
                connection.close()
                connection = None

    def request(self, connection: HTTPConnection, domain: str, *, stored: bool) -> tuple[str, int]:
        connection.request("GET", PATH, headers={"Host": domain, **({} if stored else FROM_DATABASE)})
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        identifier, site = self.platform.sites[domain]
        strangers = (other.code for other_id, other in self.platform.sites.values() if other_id != identifier)
        shown = response.headers.get("X-Site-Id", str(identifier))
        if shown != str(identifier) or any(f"Part 1 of {code}" in body for code in strangers):
            return WRONG, response.status
        if response.status != 200:
            return REFUSED, response.status
        return (OK if site.code in body else WRONG), response.status

    def probe_until_over(self) -> None:
        while not self.over.wait(PROBE_SECONDS):
            for path in ("/livez", "/readyz"):
                try:
                    status = self.platform.pod.request(path, timeout=KUBELET_SECONDS).status
                except OSError:
                    status = 0
                self.probes.results.append((path, time.monotonic(), status))


@contextmanager
def visited(platform: Platform) -> Iterator[Crowd]:
    """Visitors and probes until the block ends."""
    crowd = Crowd(platform)
    threads = [threading.Thread(target=crowd.visit_until_over, args=(number,)) for number in range(VISITORS)]
    threads.append(threading.Thread(target=crowd.probe_until_over))
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.over.set()
        for thread in threads:
            thread.join()
