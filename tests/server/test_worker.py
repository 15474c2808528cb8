"""Which requests may use the thread pools of the probes."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.server.arrival import probe_path
from tests.support.http import unfinished_requests
from tests.support.server import Server, serving


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
    directory = tmp_path_factory.mktemp("worker")
    shutil.copy(database, directory)
    with serving(directory, WEB_CONCURRENCY="1", WEB_THREADS="2") as started:
        yield started


@pytest.mark.parametrize(
    "start",
    [
        "GET /livez HTTP/1.1\nHost: x\nX-Slow: ",
        "GET /livez HTTP/1.1\nHost: x\nContent-Length: 100\n\n",
        "GET / HTTP/1.1\nHost: x\n",
        "",
    ],
)
def test_slow_clients_do_not_delay_the_probes(server: Server, start: str) -> None:
    """More clients than threads that begin a request and never finish it."""
    with unfinished_requests(server.port, start):
        answers = [server.request("/livez", timeout=3) for _ in range(20)]
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
    with serving(directory, WEB_CONCURRENCY="1") as started, unfinished_requests(started.port, "", count=1):
        started.process.terminate()
        assert started.process.wait(timeout=10) == 0
