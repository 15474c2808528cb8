"""A request's bytes while they arrive: collected without a thread, and not for longer than they may take.

A connection gets a thread when its request is complete, so a client that sends slowly occupies none. Requests with a
large body are the exception: their body is read in a thread, at a least rate (`PacedUnreader`).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from enum import Enum, auto

from gunicorn.http.unreader import SocketUnreader

# What a connection may hold before it has a thread: the head of a request, and its body if both fit.
BUFFERED_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\ncontent-length:[ \t]{0,9}([0-9]{1,18})[ \t]{0,9}\r\n")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a client may take: for a head, and for a body, which may also take longer the more has arrived."""

    head_seconds: float = 10.0
    body_seconds: float = 10.0
    body_bytes_per_second: float = 500.0

    def body(self, received: int) -> float:
        """Seconds that a body may have taken when this many bytes of it have arrived."""
        return self.body_seconds + received / self.body_bytes_per_second


class State(Enum):
    ARRIVING = auto()
    COMPLETE = auto()
    LARGE = auto()
    """The head is complete; the body does not fit, or its length is not known."""
    HEAD_TOO_LARGE = auto()


@dataclass(slots=True)
class Arrival:
    """What has arrived of one request, and since when."""

    pace: Pace
    since: float = field(default_factory=time.monotonic)
    data: bytearray = field(default_factory=bytearray)
    head_bytes: int = 0
    _wanted: int | None = 0

    def add(self, chunk: bytes) -> State:
        searched = max(0, len(self.data) - len(HEAD_END) + 1)
        self.data += chunk
        if not self.head_bytes:
            end = self.data.find(HEAD_END, searched)
            if end < 0:
                return State.ARRIVING if len(self.data) < BUFFERED_BYTES else State.HEAD_TOO_LARGE
            self.head_bytes, self.since = end + len(HEAD_END), time.monotonic()
            self._wanted = bytes_wanted(self.head)
        if self._wanted is None or self._wanted > BUFFERED_BYTES:
            return State.LARGE
        return State.COMPLETE if len(self.data) >= self._wanted else State.ARRIVING

    @property
    def head(self) -> bytes:
        """The head with its empty line; nothing while it is incomplete."""
        return bytes(self.data[: self.head_bytes])

    @property
    def deadline(self) -> float:
        """When this request has taken too long, on the monotonic clock."""
        if not self.head_bytes:
            return self.since + self.pace.head_seconds
        return self.since + self.pace.body(len(self.data) - self.head_bytes)


def bytes_wanted(head: bytes) -> int | None:
    """The length of head and body; None if it is not known, or if the client waits before it sends its body."""
    lower = head.lower()
    if b"\ntransfer-encoding:" in lower or b"\nexpect:" in lower:
        return None
    if b"\ncontent-length:" not in lower:
        return len(head)
    length = LENGTH.search(lower)
    return len(head) + int(length[1]) if length else None


def probe_path(head: bytes) -> str:
    """The path of a request that may use a probe's thread pool; empty for any other.

    SECURITY: only a complete request without a body may. One that arrives slowly would occupy the pool, and anyone
    could then have the pods restarted.
    """
    if not reads_only(head):
        return ""
    return head.split(b" ", 2)[1].partition(b"?")[0].decode("ascii", "replace")


def reads_only(head: bytes) -> bool:
    """Whether this is the whole of a GET or HEAD request: complete, and without a body."""
    lines, end, _ = head.partition(b"\r\n\r\n")
    if not end or not lines.startswith((b"GET ", b"HEAD ")):
        return False
    lower = lines.lower()
    return b"\ncontent-length:" not in lower and b"\ntransfer-encoding:" not in lower


class SlowBody(SystemExit):
    """A client sends a body too slowly. Nothing between the read and the worker may turn it into a response.

    Exit status 0: gunicorn, Django and Sentry pass on such a `SystemExit` and report nothing.
    """

    def __init__(self) -> None:
        super().__init__(0)


class PacedUnreader(SocketUnreader):
    """Reads from a socket. Raises `SlowBody` when the client has kept the reader waiting for too long."""

    def __init__(self, sock: object, pace: Pace, data: bytes) -> None:
        super().__init__(sock)
        self.pace, self.received, self.waited = pace, 0, 0.0
        self.unread(data)

    def chunk(self, size_hint: int | None = None) -> bytes:
        if self.sock.gettimeout() is not None:
            return bytes(super().chunk(size_hint))  # gunicorn discards the rest of a body, with a limit of its own
        started = time.monotonic()
        self.sock.settimeout(max(0.001, self.pace.body(self.received) - self.waited))
        try:
            data = bytes(super().chunk(size_hint))
        except TimeoutError:
            raise SlowBody from None
        finally:
            self.sock.settimeout(None)
            self.waited += time.monotonic() - started
        self.received += len(data)
        return data
