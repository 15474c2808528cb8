"""A database or a cache that hangs: it accepts connections, and never says a word."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.server.conftest import Platform
from tests.support.programs import frozen, wait_until
from tests.support.server import Server

pytestmark = [pytest.mark.service("postgresql", "redis")]
LIMIT_SECONDS = 2.5
HTTPS = {"X-Forwarded-Proto": "https"}


@contextmanager
def load(server: Server, clients: int = 24) -> Iterator[list[int]]:
    """More clients than the server has threads ask for a page, over and over."""
    over, statuses = threading.Event(), list[int]()

    def visit() -> None:
        while not over.is_set():
            answer = server.request("/", host="north.example", headers=HTTPS, timeout=120)
            statuses.append(answer.status)

    visitors = [threading.Thread(target=visit) for _ in range(clients)]
    for visitor in visitors:
        visitor.start()
    try:
        wait_until(lambda: len(statuses) > clients, what="pages are served")
        yield statuses
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()


def test_a_hanging_database_costs_readiness_and_no_more(platform: Platform) -> None:
    server = platform.server
    assert server.request("/readyz").status == 200
    with load(server) as statuses:
        with frozen(platform.postmaster, with_children=True):
            refusals = [server.request("/readyz") for _ in range(6)]
            assert {answer.status for answer in refusals} == {503}
            slowest = max(answer.seconds for answer in refusals)
            assert slowest < LIMIT_SECONDS
            assert server.request("/startupz").status == 503
            seconds = sorted(server.request("/livez").seconds for _ in range(100))
            print(f"/readyz 503 after at most {slowest:.2f} s; /livez 95 % {seconds[94] * 1000:.1f} ms, "
                  f"most {seconds[-1] * 1000:.1f} ms")  # fmt: skip
            assert seconds[94] < 0.050
            assert seconds[-1] < 0.500  # slow only by what else this machine does, never by a queue
            assert {server.request("/livez").status for _ in range(20)} == {200}
        wait_until(lambda: server.request("/readyz").status == 200, what="the pod is ready again")
        served = len(statuses)
        wait_until(lambda: len(statuses) > served + 24, what="pages are served again")


def test_a_server_that_takes_no_more_connections_is_not_ready(platform: Platform) -> None:
    """The workers' open connections go on; who comes next would be turned away."""
    with frozen(platform.postmaster):
        answer = platform.server.request("/readyz")
        assert (answer.status, answer.seconds < LIMIT_SECONDS) == (503, True)
    wait_until(lambda: platform.server.request("/readyz").status == 200, what="the pod is ready again")


def test_a_hanging_cache_leaves_the_pod_ready(platform: Platform) -> None:
    server = platform.server
    with frozen(platform.redis.process.pid):
        assert server.request("/readyz").status == 200
        assert server.request("/livez").status == 200
        page = server.request("/", host="north.example", headers=HTTPS)
        assert page.status in (200, 404)  # the site's own answer
        report = server.request("/healthz?format=json")
        assert report.status == 503
        assert report.seconds < LIMIT_SECONDS
        checks = json.loads(report.body)
        assert checks["cache"] != "OK"
        assert {name for name, words in checks.items() if words != "OK"} == {"cache"}
    wait_until(lambda: server.request("/healthz").status == 200, what="the cache is well again")
