"""A database or a cache that hangs: it accepts connections, and never responds."""

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
# A check ends after two seconds (app/health/runner.py); a probe gives up after five (the chart's timeoutSeconds).
KUBELET_SECONDS = 5.0
HTTPS = {"X-Forwarded-Proto": "https"}


@contextmanager
def load(server: Server, clients: int = 24) -> Iterator[list[int]]:
    """More clients than the server has threads request a page, repeatedly."""
    over, statuses = threading.Event(), list[int]()

    def visit() -> None:
        while not over.is_set():
            response = server.request("/", host="north.example", headers=HTTPS, timeout=120)
            statuses.append(response.status)

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


def test_a_hanging_database_costs_readiness_and_nothing_else(platform: Platform) -> None:
    server = platform.server
    assert server.request("/readyz").status == 200
    with load(server) as statuses:
        with frozen(platform.postmaster, with_children=True):
            refusals = [server.request("/readyz", timeout=KUBELET_SECONDS)]
            served = len(statuses)
            refusals += [server.request("/readyz", timeout=KUBELET_SECONDS) for _ in range(5)]
            refusals += [server.request("/startupz", timeout=KUBELET_SECONDS)]
            alive = [server.request("/livez", timeout=KUBELET_SECONDS) for _ in range(120)]
            assert set(statuses[served:]) <= {503}, "no page was served, so the probes did not wait for one"
        assert {refusal.status for refusal in refusals} == {503}
        assert {response.status for response in alive} == {200}
        seconds = sorted(response.seconds for response in alive)
        print(f"/readyz 503 after at most {max(refusal.seconds for refusal in refusals):.2f} s; "
              f"/livez 95 % {seconds[114] * 1000:.1f} ms, most {seconds[-1] * 1000:.1f} ms")  # fmt: skip
        wait_until(lambda: server.request("/readyz").status == 200, what="the pod is ready again")
        served = len(statuses)
        wait_until(lambda: len(statuses) > served + 24, what="pages are served again")


def test_a_server_that_accepts_no_more_connections_makes_the_pod_unready(platform: Platform) -> None:
    """The workers' open connections still work; a new one would not."""
    with frozen(platform.postmaster):
        assert platform.server.request("/readyz", timeout=KUBELET_SECONDS).status == 503
    wait_until(lambda: platform.server.request("/readyz").status == 200, what="the pod is ready again")


def test_a_hanging_cache_leaves_the_pod_ready(platform: Platform) -> None:
    server = platform.server
    with frozen(platform.redis.process.pid):
        assert server.request("/readyz").status == 200
        assert server.request("/livez").status == 200
        page = server.request("/", host="north.example", headers=HTTPS)
        assert page.status in (200, 404)  # the site's own response
        report = server.request("/healthz?format=json", timeout=KUBELET_SECONDS)
        assert report.status == 503
        checks = json.loads(report.body)
        del checks["disk"]  # of the machine that runs the tests: it may be nearly full
        assert {name for name, message in checks.items() if message != "OK"} == {"cache"}
    wait_until(lambda: server.request("/healthz").status == 200, what="the cache works again")
