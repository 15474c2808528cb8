"""Visitors who dribble: the proxy waits for them, gunicorn's two threads do not."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.proxy.exchange import connect, get
from tests.proxy.fronts import Front

MANY = 20
BUFFERING = [pytest.param(name, marks=pytest.mark.service(name)) for name in ("nginx", "haproxy")]


@contextlib.contextmanager
def dribblers(port: int, words: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(port, tls="north.localhost")) for _ in range(MANY)]
        for client in clients:
            client.sendall(words.replace("\n", "\r\n").encode())
        yield clients


def test_slow_headers_reach_no_thread(proxy: Front) -> None:
    with dribblers(proxy.https, "GET / HTTP/1.1\nHost: north.localhost\nX-Slow: "):
        for _ in range(5):
            assert get(proxy.https, "north.localhost", tls=True).status == 200


# The others stream bodies; docs/proxies.md says what bounds them there.
@pytest.mark.parametrize("proxy", BUFFERING, indirect=True)
def test_slow_bodies_reach_no_thread(proxy: Front) -> None:
    started = "POST /admin/login/ HTTP/1.1\nHost: north.localhost\nContent-Length: 1000\n\nusername="
    with dribblers(proxy.https, started):
        for _ in range(5):
            assert get(proxy.https, "north.localhost", tls=True).status == 200
