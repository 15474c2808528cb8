"""A request in bytes, and what may come back."""

from __future__ import annotations

from dataclasses import dataclass

NORTH, SOUTH = b"north.localhost", b"south.localhost"
HOST = b"Host: " + NORTH
CANARY = b"<i>canary"
SMUGGLED = b"GET /about/ HTTP/1.1\r\nHost: " + SOUTH + b"\r\nX: "
END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """`sites` are the keys of the sites of which there may be a page, in the order of the responses or fewer.

    `most` is how many responses there may be, `from_proxy` the sites if a trusted proxy sent the bytes itself.
    """

    name: str
    data: bytes
    sites: tuple[str, ...] = ()
    most: int = 1
    from_proxy: tuple[str, ...] | None = None


def get(*lines: bytes, target: bytes = b"/about/", version: bytes = b"HTTP/1.1", method: bytes = b"GET") -> bytes:
    return b"\r\n".join([method + b" " + target + b" " + version, *lines, b"", b""])


def post(*lines: bytes, body: bytes) -> bytes:
    return get(HOST, *lines, method=b"POST") + body
