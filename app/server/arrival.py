"""A request's bytes while they arrive: collected without a thread, and not for longer than they may take.

A connection gets a thread when its request is complete, so a client that sends slowly occupies none. Requests with a
large body are the exception: their body is read in a thread, at a least rate and for a longest time (`PacedUnreader`).
Only a request with a session cookie may have one. The cookie is not checked here: the greatest size and the longest
time apply to everyone.
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
LENGTH = re.compile(rb"\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n")
# More digits than any length has: `int` takes quadratic time for very many.
MOST_DIGITS = 18
# The two names of app.tenancy.requests.https; their case counts.
SESSION = re.compile(rb"(?i:\ncookie:)(?:[^\r\n]*[ \t;])?(?:__Host-)?sessionid=[^; \t\r\n]")
CONTINUE = re.compile(rb"\nexpect:[ \t]*100-continue[ \t]*\r\n")
MEBIBYTE = 2**20
# An upload has ten files (app.media.forms.MOST_FILES), and fields and boundaries beside them.
FILES, BESIDE_FILES = 10, 5 * MEBIBYTE


def largest_body(file_megabytes: int) -> int:
    """The greatest size of a body in bytes, where a file may have this many MiB."""
    return FILES * file_megabytes * MEBIBYTE + BESIDE_FILES


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a client may take: for a head, and for a body, which may also take longer the more has arrived.

    A body that is read in a thread has a higher least rate, and a longest time.
    """

    head_seconds: float = 10.0
    body_seconds: float = 10.0
    body_bytes_per_second: float = 500.0
    thread_bytes_per_second: float = 4000.0
    thread_seconds: float = 600.0

    def body(self, received: int) -> float:
        """Seconds that a body may have taken when this many bytes of it have arrived."""
        return self.body_seconds + received / self.body_bytes_per_second

    def in_thread(self, received: int) -> float:
        """Seconds that a thread may have waited for a body when this many bytes of it have arrived."""
        return min(self.thread_seconds, self.body_seconds + received / self.thread_bytes_per_second)


class State(Enum):
    ARRIVING = auto()
    EXPECTED = auto()
    """The head is complete, and the client waits for `100 Continue` before it sends its body."""
    COMPLETE = auto()
    """All that will be read, as Django reads no body without a length; or the head is invalid."""
    LARGE = auto()
    """The head is complete; head and body together are more than `BUFFERED_BYTES`."""
    HEAD_TOO_LARGE = auto()
    BODY_TOO_LARGE = auto()
    """More than `largest`, or large and without a session cookie."""


@dataclass(slots=True)
class Arrival:
    """What has arrived of one request, and since when. `largest`: the greatest size of a body with a session cookie."""

    pace: Pace
    largest: int = BUFFERED_BYTES
    since: float = field(default_factory=time.monotonic)
    data: bytearray = field(default_factory=bytearray)
    head_bytes: int = 0
    was_expected: bool = False
    _wanted: int = 0

    def add(self, chunk: bytes) -> State:
        searched = max(0, len(self.data) - len(HEAD_END) + 1)
        self.data += chunk
        if not self.head_bytes:
            end = self.data.find(HEAD_END, searched)
            if end < 0:
                return State.ARRIVING if len(self.data) < BUFFERED_BYTES else State.HEAD_TOO_LARGE
            self.head_bytes, self.since = end + len(HEAD_END), time.monotonic()
            wanted = bytes_wanted(self.head)
            self._wanted = self.head_bytes if wanted is None else wanted
        if self._wanted > BUFFERED_BYTES:
            fits = self._wanted - self.head_bytes <= self.largest and has_session(self.head)
            return State.LARGE if fits else State.BODY_TOO_LARGE
        if len(self.data) >= self._wanted:
            return State.COMPLETE
        if len(self.data) == self.head_bytes and awaits_continue(self.head):
            self.was_expected = True
            return State.EXPECTED
        return State.ARRIVING

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
    """The length of head and body; None if the body has no length that can be read."""
    lower = head.lower()
    if b"\ntransfer-encoding:" in lower:
        return None
    if b"\ncontent-length:" not in lower:
        return len(head)
    length = LENGTH.search(lower)
    if length is None:
        return None
    digits = length[1].lstrip(b"0") or b"0"
    return len(head) + (10**MOST_DIGITS if len(digits) > MOST_DIGITS else int(digits))


def has_session(head: bytes) -> bool:
    """Whether the head has the cookie of a session; anybody can invent one."""
    return SESSION.search(head) is not None


def awaits_continue(head: bytes) -> bool:
    """Whether the client waits for `100 Continue`: HTTP/1.0 does not know it."""
    return head.partition(b"\r\n")[0].endswith(b" HTTP/1.1") and CONTINUE.search(head.lower()) is not None


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
        self.sock.settimeout(max(0.001, self.pace.in_thread(self.received) - self.waited))
        try:
            data = bytes(super().chunk(size_hint))
        except TimeoutError:
            raise SlowBody from None
        finally:
            self.sock.settimeout(None)
            self.waited += time.monotonic() - started
        self.received += len(data)
        return data
