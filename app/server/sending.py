"""A response's bytes while they are sent: a client that reads slowly keeps a thread for a limited time."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a thread waits for a client that reads.

    It may wait `first_seconds`, and one more second for each `bytes_per_second` that the client has taken. The rate is
    below that of the slowest sound (32 kbit/s), because browsers read a file while they play it. A client that has read
    fast has `most_seconds` left at most: the kernel takes more only when a third of its buffer is free, which may be
    1 MB. `all_seconds` is for the whole response.
    """

    first_seconds: float = 10.0
    bytes_per_second: float = 4000.0
    most_seconds: float = 120.0
    all_seconds: float = 600.0


# For the one thread that serves what need not wait while all others do.
AT_ONCE = Patience(first_seconds=2.0, most_seconds=2.0, all_seconds=10.0)


class PacedSender:
    """The socket of a connection while a response is sent. Raises `TimeoutError` when the client has kept it waiting.

    Only waiting counts: not what the view or a storage takes.
    """

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._sock, self._patience = sock, patience
        self._left, self._waited = patience.first_seconds, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._written(partial(self._sock.send, rest, socket.MSG_DONTWAIT)) :]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As `socket.sendfile`: returns how many bytes were sent, fewer than `count` if the file ends before."""
        place, end = offset, os.fstat(file.fileno()).st_size if count is None else offset + count
        self._sock.setblocking(False)
        try:
            while place < end:
                size = min(BLOCK, end - place)
                sent = self._written(partial(os.sendfile, self._sock.fileno(), file.fileno(), place, size))
                if not sent:
                    break
                place += sent
        finally:
            self._sock.setblocking(True)
        return place - offset

    def _written(self, write: Callable[[], int]) -> int:
        while True:
            try:
                sent = write()
            except BlockingIOError:
                self._wait()
            else:
                earned = sent / self._patience.bytes_per_second
                self._left = min(self._patience.most_seconds, self._left + earned)
                return sent

    def _wait(self) -> None:
        """Until the socket takes more."""
        most = min(self._left, self._patience.all_seconds - self._waited)
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        started = time.monotonic()
        ready = most > 0 and poll.poll(most * 1000)
        took = time.monotonic() - started
        self._left, self._waited = self._left - took, self._waited + took
        if not ready:
            raise TimeoutError("The client reads too slowly")
