"""Clients that read their response slowly: they keep a thread for a limited time, and never that of stored pages."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from app.server.sending import PacedSender, Patience
from tests.support.http import connect
from tests.support.programs import wait_until
from tests.support.server import IMPATIENT, Server, serving

SIZE = 24 * 2**20
ADDRESS = f"/media/{'a' * 32}/large.mp4"
GET = f"GET {ADDRESS} HTTP/1.1\r\nHost: north.example\r\nConnection: close\r\n\r\n".encode()
THREADS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("readers")
    shutil.copy(database, folder)
    for site in range(1, 5):
        stored = folder / "media" / "sites" / str(site) / "public" / ("a" * 32) / "large.mp4"
        stored.parent.mkdir(parents=True)
        with stored.open("wb") as file:
            file.truncate(SIZE)
    with serving(folder, IMPATIENT, WEB_CONCURRENCY=1, WEB_THREADS=THREADS) as started:
        yield started


def reader(port: int) -> socket.socket:
    """A connection with a small window, which has asked for the file."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(GET)
    return client


def was_cut(server: Server) -> int:
    return server.log.read_text().count("did not read its response")


def test_a_file_arrives_whole(server: Server) -> None:
    with connect(server.port, timeout=20) as client:
        client.sendall(GET)
        found = b"".join(iter(lambda: client.recv(2**20), b""))
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert len(body) == SIZE


def test_slow_readers_give_the_threads_back(server: Server) -> None:
    """They read a little every tenth of a second, so the connection is never without progress."""
    before, stop = was_cut(server), threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(reader(server.port)) for _ in range(THREADS)]

        def read() -> None:
            while not stop.wait(0.1):
                for client in clients:
                    with suppress(OSError):
                        client.recv(1024)

        thread = threading.Thread(target=read)
        thread.start()
        try:
            wait_until(lambda: was_cut(server) >= before + THREADS, what="the readers are cut")
            page = server.request("/missing/", host="north.example", timeout=3)
        finally:
            stop.set()
            thread.join()
    assert page.status == 404
    assert "Traceback" not in server.log.read_text()


def sent_to(sock: socket.socket, patience: Patience, data: bytes) -> float:
    """Seconds until the sender gives up."""
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        PacedSender(sock, patience).sendall(data)
    return time.monotonic() - started


def test_a_reader_that_was_fast_saves_up_only_so_much() -> None:
    """At the rate alone it could stop for 20 seconds."""
    patience = Patience(first_seconds=0.2, bytes_per_second=100_000.0, most_seconds=0.5, all_seconds=60.0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fast = threading.Thread(target=lambda: [theirs.recv(2**20, socket.MSG_WAITALL) for _ in range(2)])
        fast.start()
        assert sent_to(ours, patience, b"x" * 8 * 2**20) < 3
        fast.join()


def test_a_whole_response_has_a_longest_time() -> None:
    patience = Patience(first_seconds=5.0, bytes_per_second=1.0, most_seconds=60.0, all_seconds=0.5)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert sent_to(ours, patience, b"x" * 8 * 2**20) < 3


def test_only_waiting_counts() -> None:
    patience = Patience(first_seconds=0.1, most_seconds=0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = PacedSender(ours, patience)
        sender.sendall(b"first")
        time.sleep(0.3)
        sender.sendall(b"second")
        assert theirs.recv(100) == b"firstsecond"
