"""A stored page: when it may be stored, what is sent of it, and how it is written to the shared cache."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.http import parse_etags

from app.tenancy.hosts.snapshot import SiteEntry

Headers = list[tuple[str, str]]

MOST_BYTES = 512 * 1024
#: Of the key, the site and the headers in memory, beside the body.
OVERHEAD = 2048
NEVER_STORED = ("private", "no-store", "no-cache")
#: Belong to one request, or are set by `make`.
OWN_HEADERS = frozenset({"x-request-id", "content-length", "cache-control", "etag", "cache-tag", "cache-status"})
# Browsers and proxies may keep a page, and ask whether it is still current before they show it.
CACHE_CONTROL = "public, max-age=0, must-revalidate"


class Address(NamedTuple):
    """What a visitor asked for. `query` holds only the keys that the view named."""

    site_id: int
    scheme: str
    host: str
    path: str
    query: str


class State(NamedTuple):
    """What a page was made from: with another site entry or content version it is out of date."""

    site: SiteEntry
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as it was made from `state`. It is served until `fresh_until`, a monotonic time.

    `valid_until`, in seconds since 1970, is when its content changes by the clock: later it is not served at all.
    """

    state: State
    headers: Headers
    body: bytes
    etag: str
    fresh_until: float
    valid_until: float | None = None
    made_at: float = field(default_factory=time.time)

    @property
    def size(self) -> int:
        return OVERHEAD + len(self.body)

    def is_current(self, state: State) -> bool:
        """Whether the content is what the page would be made of now, however long ago it was made."""
        return self.state == state and (self.valid_until is None or time.time() < self.valid_until)

    def is_fresh(self) -> bool:
        return time.monotonic() < self.fresh_until


def make(state: State, headers: Headers, body: bytes, *, seconds: float, until: float | None) -> Entry:
    """An entry of a response that may be stored."""
    kind = value_of(headers, "content-type")
    etag = f'"{hashlib.blake2b(body + kind.encode(), digest_size=12).hexdigest()}"'
    kept = [(name, value) for name, value in headers if name.lower() not in OWN_HEADERS]
    own = [("Content-Length", str(len(body))), ("Cache-Control", CACHE_CONTROL), ("ETag", etag)]
    tag = ("Cache-Tag", f"site-{state.site.id}")
    return Entry(state, [*kept, *own, tag], body, etag, time.monotonic() + seconds, until)


def is_storable(status: str, headers: Headers) -> bool:
    """Whether others may get this response; the view has allowed it already (`app.pagecache.views`)."""
    directives = {part.strip().lower() for part in value_of(headers, "cache-control").split(",")}
    return (
        status.startswith("200 ")
        and directives.isdisjoint(NEVER_STORED)
        and not any(name.lower() in ("set-cookie", "vary", "content-encoding") for name, _ in headers)
    )


def value_of(headers: Headers, wanted: str) -> str:
    """The value of a header, by its name in lower case; empty without it."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def matches(if_none_match: str, etag: str) -> bool:
    """Whether a client that sent this header has the page already."""
    wanted = [tag.removeprefix("W/") for tag in parse_etags(if_none_match)]
    return "*" in wanted or etag in wanted


def written(address: Address, entry: Entry) -> bytes:
    """For the shared cache. Not a pickle: with one, write access to the cache would be enough to run code here."""
    head: dict[str, Any] = {
        "address": address,
        "headers": entry.headers,
        "etag": entry.etag,
        "until": entry.valid_until,
        "made": entry.made_at,
    }
    return json.dumps(head).encode() + b"\n" + entry.body


def read(text: bytes, address: Address, state: State, *, seconds: float) -> Entry | None:
    """The entry for this address and state; None if the text holds anything else, or is too old."""
    head_text, separator, body = text.partition(b"\n")
    try:
        head = json.loads(head_text)
        left = seconds - max(0.0, time.time() - head["made"])
        # SECURITY: the key is a hash. The address that the page was made for must be this one.
        if not separator or head["address"] != list(address) or left <= 0:
            return None
        headers = [(str(name), str(value)) for name, value in head["headers"]]
        return Entry(state, headers, body, head["etag"], time.monotonic() + left, head["until"], head["made"])
    except (ValueError, KeyError, TypeError):
        return None
