"""A database or a cache that hangs: it accepts connections, and never says a word."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.health.conftest import Platform
from tests.running import Server, wait_until

pytestmark = [pytest.mark.service("postgresql"), pytest.mark.service("redis")]
LIMIT_SECONDS = 2.5


@contextmanager
def load(server: Server, clients: int = 24) -> Iterator[list[int]]:
    """More clients than the server has threads ask for a page, over and over."""
    over, statuses = threading.Event(), list[int]()

    def visit() -> None:
        while not over.is_set():
            answer = server.ask("/", host="north.example", X_Forwarded_Proto="https", timeout=120)
            statuses.append(answer.status)

    visitors = [threading.Thread(target=visit) for _ in range(clients)]
    for visitor in visitors:
        visitor.start()
    try:
        wait_until(lambda: len(statuses) > clients, "pages are served")
        yield statuses
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()


def test_a_hanging_database_costs_readiness_and_no_more(platform: Platform) -> None:
    server = platform.server
    assert server.ask("/readyz").status == 200
    with load(server) as statuses:
        with platform.postgresql.frozen():
            for _ in range(6):
                answer = server.ask("/readyz")
                assert answer.status == 503
                assert answer.seconds < LIMIT_SECONDS
            assert server.ask("/startupz").status == 503
            seconds = sorted(server.ask("/livez").seconds for _ in range(100))
            assert seconds[94] < 0.050
            assert seconds[-1] < 0.500  # slow only by what else this machine does, never by a queue
            assert {server.ask("/livez").status for _ in range(20)} == {200}
        wait_until(lambda: server.ask("/readyz").status == 200, "the pod is ready again")
        served = len(statuses)
        wait_until(lambda: len(statuses) > served + 24, "pages are served again")


def test_a_server_that_takes_no_more_connections_is_not_ready(platform: Platform) -> None:
    """The workers' open connections go on; who comes next would be turned away."""
    with platform.postgresql.postmaster_frozen():
        answer = platform.server.ask("/readyz")
        assert (answer.status, answer.seconds < LIMIT_SECONDS) == (503, True)
    wait_until(lambda: platform.server.ask("/readyz").status == 200, "the pod is ready again")


def test_a_hanging_cache_leaves_the_pod_ready(platform: Platform) -> None:
    server = platform.server
    with platform.redis.frozen():
        assert server.ask("/readyz").status == 200
        assert server.ask("/livez").status == 200
        page = server.ask("/", host="north.example", X_Forwarded_Proto="https")
        assert page.status in (200, 404)  # the site's own answer
        report = server.ask("/healthz?format=json")
        assert report.status == 503
        assert report.seconds < LIMIT_SECONDS
        checks = json.loads(report.body)
        assert checks["cache"] != "OK"
        assert {name for name, words in checks.items() if words != "OK"} == {"cache"}
    wait_until(lambda: server.ask("/healthz").status == 200, "the cache is well again")
