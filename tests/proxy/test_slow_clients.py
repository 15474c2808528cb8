"""Clients that never finish a request: the proxy waits for them, gunicorn's two threads do not."""

from __future__ import annotations

import pytest

from tests.proxy.fronts import Front
from tests.support.http import unfinished_requests, visit

BUFFERING = [pytest.param(name, marks=pytest.mark.service(name)) for name in ("nginx", "haproxy")]


def test_slow_headers_reach_no_thread(proxy: Front) -> None:
    start = "GET / HTTP/1.1\nHost: north.localhost\nX-Slow: "
    with unfinished_requests(proxy.https, start, tls="north.localhost"):
        for _ in range(5):
            assert visit(proxy.https, "north.localhost", tls=True).status == 200


# The others stream bodies; docs/proxies.md says what bounds them there.
@pytest.mark.parametrize("proxy", BUFFERING, indirect=True)
def test_slow_bodies_reach_no_thread(proxy: Front) -> None:
    start = "POST /admin/login/ HTTP/1.1\nHost: north.localhost\nContent-Length: 1000\n\nusername="
    with unfinished_requests(proxy.https, start, tls="north.localhost"):
        for _ in range(5):
            assert visit(proxy.https, "north.localhost", tls=True).status == 200
