"""Who may take a probe's lane."""

from __future__ import annotations

import http.client
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.server.worker import probe_path
from tests.server import running
from tests.server.running import Server


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", "/livez"),
        (b"HEAD /readyz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "/readyz"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "/"),
        (b"POST /livez HTTP/1.1\r\nHost: x\r\n\r\n", ""),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n", ""),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", ""),
        (b"GET /livez HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\n\r\n", ""),
        (b"\x16\x03\x01\x02\x00", ""),
        (b"", ""),
    ],
)
def test_it_works(head: bytes, path: str) -> None:
    assert probe_path(head) == path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("lane")
    shutil.copy(database, directory)
    with running.server(directory, WEB_CONCURRENCY="1", WEB_THREADS="2") as started:
        yield started


def dribble(server: Server, start: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(start)
    return client


@pytest.mark.parametrize(
    "start",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"",
    ],
)
def test_nobody_can_hold_up_the_probes(server: Server, start: bytes) -> None:
    """More clients than threads that begin a request and never finish it."""
    clients = [dribble(server, start) for _ in range(20)]
    try:
        answers = [server.ask("/livez", timeout=3) for _ in range(20)]
    finally:
        for client in clients:
            client.close()
    assert {answer.status for answer in answers} == {200}


def test_a_connection_serves_one_probe_after_another(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(3):
        connection.request("GET", "/livez")
        used = connection.sock
        assert connection.getresponse().read() == b"ok\n"
        assert connection.sock is used
    connection.close()


def test_a_silent_connection_does_not_delay_the_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("end")
    with running.server(directory, WEB_CONCURRENCY="1") as started:
        client = dribble(started, b"")
        started.process.terminate()
        assert started.process.wait(timeout=10) == 0
        client.close()
