"""A body has a greatest size and a longest time, and is small without a session: it fills neither disk nor threads."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from app.media.forms import MOST_FILES
from app.server.arrival import BESIDE_FILES, BUFFERED_BYTES, FILES, MEBIBYTE, has_session, largest_body
from app.server.worker import MOST_LARGE_BODIES
from app.tenancy.requests.https import HOST_PREFIX
from tests.support.http import connect, unfinished_requests
from tests.support.programs import wait_until
from tests.support.server import Server, serving

# With the first, Django reads the body for the form's token. The session does not exist.
TOKEN, SESSION = f"csrftoken={'a' * 32}", f"sessionid={'b' * 32}"
INVENTED = f"{TOKEN}; {SESSION}"
LARGEST = 10 * MEBIBYTE + BESIDE_FILES  # with MEDIA_MAX_MB=1
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EXPECTS = f"POST / HTTP/1.1\nHost: north.example\nCookie: {TOKEN}\nExpect: 100-continue\nContent-Length: 9\n\n"
CHUNKED = f"POST / HTTP/1.1\nHost: north.example\nCookie: {TOKEN}\nTransfer-Encoding: chunked\n\n5\nab"


def post(length: object, cookies: str, *, more: str = "") -> bytes:
    """The head of a form with files, which may be sent to any address."""
    lines = (
        "POST /anything HTTP/1.1",
        "Host: north.example",
        f"Cookie: {cookies}",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {length}",
    )
    return ("\r\n".join(lines) + f"\r\n{more}\r\n").encode()


def answer(port: int, head: bytes, body: bytes = b"") -> bytes:
    """All that comes back, also when the server refuses the body while it is sent."""
    with connect(port, timeout=10) as client:
        with suppress(ConnectionError):
            client.sendall(head + body)
        return client.recv(4096)


def files(count: int, size: int) -> bytes:
    """The body of a form with this many files."""
    one = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n' + b"a" * size + b"\r\n"
    return one * count + b"--x--\r\n"


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database: Path, temporary: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("large")
    shutil.copy(database, folder)
    with serving(folder, WEB_CONCURRENCY=1, WEB_THREADS=2, MEDIA_MAX_MB=1, TMPDIR=temporary) as started:
        yield started


def test_the_limits_are_those_of_an_upload() -> None:
    assert (FILES, largest_body(1)) == (MOST_FILES, LARGEST)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (f"Cookie: {settings.SESSION_COOKIE_NAME}=x", True),
        (f"cookie:{HOST_PREFIX}{settings.SESSION_COOKIE_NAME}=x; a=b", True),
        ("COOKIE: a=b; sessionid=x", True),
        ("Cookie: a=b;sessionid=x", True),
        ("Cookie: a=b\r\nCookie: sessionid=x", True),
        ("Cookie: sessionid=", False),
        ("Cookie: mysessionid=x", False),
        ("Cookie: a=b\r\nX-Other: ; sessionid=x", False),
        ("X-Cookie: sessionid=x", False),
    ],
)
def test_the_cookie_of_a_session_is_found(lines: str, found: bool) -> None:
    assert has_session(f"POST / HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n".encode()) is found


@pytest.mark.parametrize(
    "length", [BUFFERED_BYTES, 20 * BUFFERED_BYTES, 999_999_999_999, "9" * 30, f"{' ' * 20}99999999"]
)
def test_a_body_without_a_session_is_small(server: Server, length: object) -> None:
    """It is refused by its length, before any of it has arrived."""
    found = answer(server.port, post(length, TOKEN))
    assert found.startswith(b"HTTP/1.1 413 "), found
    assert b"Nothing was saved" in found


@pytest.mark.parametrize("length", [LARGEST + 1, 999_999_999_999, "9" * 30, "9" * 5000])
def test_a_body_has_a_greatest_size(server: Server, length: object) -> None:
    assert answer(server.port, post(length, INVENTED)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("cookies", [TOKEN, INVENTED], ids=["nobody", "an invented session"])
def test_many_files_do_not_fill_the_disk(server: Server, temporary: Path, cookies: str) -> None:
    body = files(20, 3 * MEBIBYTE)
    assert b" 413 " in answer(server.port, post(len(body), cookies), body).partition(b"\r\n")[0]
    assert not list(temporary.rglob("*.upload*"))


@pytest.mark.parametrize("cookies", [SESSION, f"a=b; {HOST_PREFIX}{SESSION}"])
def test_a_body_of_an_upload_is_received(server: Server, cookies: str) -> None:
    body = files(10, MEBIBYTE)
    assert answer(server.port, post(len(body), f"{TOKEN}; {cookies}"), body).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "start", [EXPECTS, CHUNKED, post(99_999_999, TOKEN).decode()], ids=["expects", "chunks", "large"]
)
def test_without_a_session_nobody_holds_the_threads_of_large_bodies(server: Server, start: str) -> None:
    body = files(1, 2 * BUFFERED_BYTES)
    with unfinished_requests(server.port, start.replace("\r\n", "\n"), count=20):
        started = time.monotonic()
        assert answer(server.port, post(len(body), INVENTED), body).startswith(b"HTTP/1.1 403 ")
        assert server.request("/missing/", host="north.example", timeout=3).status == 404
        assert time.monotonic() - started < 4


def test_few_large_bodies_wait_for_a_thread(server: Server) -> None:
    start = post(MEBIBYTE, INVENTED).decode().replace("\r\n", "\n")
    with unfinished_requests(server.port, start, count=MOST_LARGE_BODIES):
        found = answer(server.port, post(MEBIBYTE, INVENTED))
        page = server.request("/missing/", host="north.example", timeout=3)
    assert found.startswith(b"HTTP/1.1 503 "), found
    assert b"\r\nRetry-After: 5\r\n" in found
    assert page.status == 404
    body = files(1, 2 * BUFFERED_BYTES)
    again = lambda: answer(server.port, post(len(body), INVENTED), body).startswith(b"HTTP/1.1 403 ")  # noqa: E731
    wait_until(again, what="the threads are free again")


def test_a_large_body_has_a_longest_time(impatient: Server) -> None:
    """It arrives ten times as fast as it must, and is far from complete when the time is over."""
    with connect(impatient.port, timeout=20) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(post(MEBIBYTE, INVENTED))
        client.settimeout(0.1)
        found, until = b"", time.monotonic() + 15
        while not found and time.monotonic() < until:
            with suppress(ConnectionError):
                client.sendall(b"x" * 100)
            with suppress(TimeoutError):
                found = client.recv(4096)
    assert found.startswith(b"HTTP/1.1 408 "), found


def test_a_client_that_waits_for_100_continue_gets_it_once(server: Server) -> None:
    with connect(server.port, timeout=10) as client:
        client.sendall(EXPECTS.replace("\n", "\r\n").replace("/1.1\r\n", "/1.1\r\nConnection: close\r\n", 1).encode())
        assert client.recv(4096) == CONTINUE
        client.sendall(b"a=b&c=d&e")
        rest = b"".join(iter(lambda: client.recv(4096), b""))
    assert rest.startswith(b"HTTP/1.1 403 ")
    assert CONTINUE not in rest


def test_a_body_that_is_refused_is_not_asked_for(server: Server) -> None:
    assert answer(server.port, post(MEBIBYTE, TOKEN, more="Expect: 100-continue\r\n")).startswith(b"HTTP/1.1 413 ")


def test_http_1_0_does_not_know_100_continue(server: Server) -> None:
    head = EXPECTS.replace("HTTP/1.1", "HTTP/1.0").replace("\n", "\r\n").encode()
    assert answer(server.port, head, b"a=b&c=d&e").startswith(b"HTTP/1.")
