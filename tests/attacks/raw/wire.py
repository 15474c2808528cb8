"""Raw bytes to a port of loopback, and all that comes back on the connection."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser

#: After so long without a byte nothing else comes.
SILENCE_SECONDS = 0.4
LIMIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One response. What cannot be read as one has the status 0."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def site(self) -> str | None:
        return self.headers.get("X-Site-Id")


def send(port: int, data: bytes, *, source: str = "127.0.0.1") -> list[Reply]:
    """The responses to all of the bytes, in order; `source` is the address that the server sees."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS, source_address=(source, 0)) as client:
        # A server that has seen enough closes the connection before it has read everything.
        with suppress(ConnectionError, TimeoutError):
            client.sendall(data)
        client.settimeout(SILENCE_SECONDS)
        for last in (False, True):
            with suppress(TimeoutError, ConnectionError):
                while chunk := client.recv(65536):
                    received += chunk
                break
            if not last:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_WR)
    return parse(bytes(received))


def parse(data: bytes) -> list[Reply]:
    """The responses in a stream of bytes; none of them answers a HEAD."""
    replies: list[Reply] = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        line, _, lines = head.partition(b"\r\n")
        version, _, status = line.partition(b" ")
        if not end or not version.startswith(b"HTTP/1.") or not status[:3].isdigit():
            return [*replies, Reply(0, {}, data)]
        code = int(status[:3])
        message = BytesHeaderParser().parsebytes(lines)
        headers = {name.title(): str(value) for name, value in message.items()}
        body, data = _body(code, headers, rest)
        if code >= 200:
            replies.append(Reply(code, headers, body))
    return replies


def _body(code: int, headers: Mapping[str, str], rest: bytes) -> tuple[bytes, bytes]:
    """The body of a response, and what follows it."""
    if code < 200 or code in {204, 304}:
        return b"", rest
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        return _chunks(rest)
    if "Content-Length" in headers:
        length = int(headers["Content-Length"])
        return rest[:length], rest[length:]
    return rest, b""


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"0", 16)
        if not length:
            return body, rest.partition(b"\r\n")[2]
        body, rest = body + rest[:length], rest[length + 2 :]
    return body, b""
