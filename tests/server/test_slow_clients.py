"""Clients that send slowly, or nothing, cost no thread, and stop neither pages nor probes. No proxy is needed."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.server.arrival import BUFFERED_BYTES
from tests.support.http import connect, request, unfinished_requests
from tests.support.server import Server, serving

# With the token's cookie, Django reads the body for the form's token. With a session's, it may be large.
HEAD = f"POST /admin/login/ HTTP/1.1\nHost: north.example\nCookie: csrftoken={'a' * 32}; sessionid={'b' * 32}\n"
FORM = "Content-Type: application/x-www-form-urlencoded\n"
LONG = 10 * BUFFERED_BYTES
SLOW = {
    "head": "GET / HTTP/1.1\nHost: north.example\nX-Slow: ",
    "body": f"{HEAD}Content-Length: 1000\n\nusername=",
    "probe": "GET /livez HTTP/1.1\nHost: x\nContent-Length: 1000\n\n",
    "large body": f"{HEAD}{FORM}Content-Length: {LONG}\n\nusername=",
    "zeros": f"{HEAD}{FORM}Content-Length: {LONG:040}\n\nusername=",
    "chunked body": f"{HEAD}{FORM}Transfer-Encoding: chunked\n\n5\nab",
    "expected body": f"{HEAD}{FORM}Expect: 100-continue\nContent-Length: 9\n\n",
    "silence": "",
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("patient")
    shutil.copy(database, folder)
    with serving(folder, WEB_THREADS=2) as started:
        yield started


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
def test_pages_and_probes_are_served_meanwhile(patient: Server, start: str) -> None:
    """Forty slow clients, ten for each of the four threads. Their limits are longer than this test waits."""
    with unfinished_requests(patient.port, start, count=40):
        pages = [patient.request("/missing/", host="north.example", timeout=3) for _ in range(8)]
        probes = [patient.request("/readyz", timeout=3) for _ in range(4)]
    assert {page.status for page in pages} == {404}
    assert {probe.status for probe in probes} == {200}


# Django does not read a chunked body, so it does not wait for one.
@pytest.mark.parametrize("name", sorted(SLOW.keys() - {"silence", "chunked body"}))
def test_a_request_that_arrives_too_slowly_gets_408(impatient: Server, name: str) -> None:
    with connect(impatient.port, timeout=20) as client:
        client.sendall(SLOW[name].replace("\n", "\r\n").encode())
        response = client.recv(4096)
        if b"100 Continue" in response:
            response = client.recv(4096)
    assert response.startswith(b"HTTP/1.1 408 "), response
    assert request(impatient.port, "/livez").status == 200
    assert "Traceback" not in impatient.log.read_text()


def test_a_silent_connection_is_closed_without_a_response(impatient: Server) -> None:
    with connect(impatient.port, timeout=20) as client:
        assert client.recv(4096) == b""


def test_a_body_may_take_its_time_at_the_least_rate(impatient: Server) -> None:
    """It arrives in many segments, all in time."""
    body = b"username=" + b"x" * 3000
    with connect(impatient.port, timeout=20) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(HEAD.replace("\n", "\r\n").encode() + f"Content-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), 100):
            client.sendall(body[start : start + 100])
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("size", [100, 2 * BUFFERED_BYTES])
def test_requests_follow_each_other_on_a_connection(patient: Server, size: int) -> None:
    """The second one arrives together with the first one's body."""
    first = f"{HEAD}{FORM}Content-Length: {size}\n\n".replace("\n", "\r\n") + "x" * size
    second = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(patient.port, timeout=20) as client:
        client.sendall((first + second).encode())
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 403 ")
    assert received.count(b"HTTP/1.1 200 ") == 1
    assert received.endswith(b"ok\n")


def test_a_head_has_a_greatest_size(patient: Server) -> None:
    lines = "".join(f"X-Long-{number}: {'x' * 8000}\r\n" for number in range(20))
    with connect(patient.port, timeout=20) as client:
        client.sendall(f"GET /livez HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 431 ")


def test_more_silent_connections_than_the_worker_may_have_do_not_stop_the_probes(
    tmp_path: Path, database: Path
) -> None:
    shutil.copy(database, tmp_path)
    few = serving(tmp_path, ["--worker-connections", "50"], WEB_CONCURRENCY=1)
    with few as server, unfinished_requests(server.port, "", count=200):
        assert {server.request("/livez", timeout=3).status for _ in range(10)} == {200}
        assert server.request("/readyz", timeout=3).status == 200
        assert server.request("/admin/login/", host="north.example", timeout=3).status == 200


def test_clients_that_do_not_close_after_their_response_do_not_stop_the_probes(patient: Server) -> None:
    ask = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connect(patient.port)).sendall(ask)
        assert {patient.request("/livez", timeout=3).status for _ in range(5)} == {200}
