"""One request on its way through the WSGI layer, and how its response is sent, counted and logged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from wsgiref.types import StartResponse, WSGIEnvironment

from django.utils.encoding import repercent_broken_unicode

from app.observability import access, metrics
from app.observability.middleware import request_id_of
from app.pagecache.entry import Entry, Headers, matches
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests.forwarded import Arrival

Body = Iterable[bytes]
SAFE = ("GET", "HEAD")
STATUS_WORDS = {
    "hit": "hit",
    "shared": "hit; detail=shared",
    "stale": "hit; detail=stale",
    "miss": "fwd=miss; stored",
    "pass": "fwd=miss",
}
NOT_MODIFIED = "304 Not Modified"
NOT_IN_304 = frozenset({"content-length", "content-type"})


class Visit:
    """A GET or HEAD. `arrival` and `site` are set as soon as they are known."""

    arrival: Arrival
    site: CurrentSite | None = None

    def __init__(self, environ: WSGIEnvironment, start_response: StartResponse) -> None:
        self.environ, self.start_response = environ, start_response
        self.started = time.perf_counter()
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ["PATH_INFO"]

    @cached_property
    def request_id(self) -> str:
        return request_id_of(self.environ)

    def send(
        self,
        status: str,
        headers: Headers,
        body: Body,
        *,
        size: int | None,
        refused: Mapping[str, object] = access.NO_FIELDS,
    ) -> Body:
        """The response, after its access line. `size` is the length of what is sent."""
        access.record(
            request_id=self.request_id,
            client=self.arrival.client,
            method=self.method,
            path=_decoded(self.path),
            agent=self.environ.get("HTTP_USER_AGENT", ""),
            status=int(status[:3]),
            size=size,
            seconds=time.perf_counter() - self.started,
            site=self.site,
            refused=refused,
        )
        if self.site is not None:
            metrics.count_resolution(self.site.source)
        self.start_response(status, [*headers, ("X-Request-Id", self.request_id)])
        return body

    def send_page(self, entry: Entry, result: str) -> Body:
        """A stored page. `result` says where it was found: in this process, in the shared cache, or only an old one."""
        metrics.count_page(result)
        headers = [*entry.headers, cache_status(result)]
        if self.has(entry):
            return self.send(NOT_MODIFIED, without_content(headers), [], size=0)
        size = len(entry.body)
        return self.send("200 OK", headers, [] if self.method == "HEAD" else [entry.body], size=size)

    def has(self, entry: Entry) -> bool:
        """Whether the client says that it has this page already."""
        known = self.environ.get("HTTP_IF_NONE_MATCH")
        return known is not None and matches(known, entry.etag)


def without_content(headers: Headers) -> Headers:
    """Those of a response without a body."""
    return [header for header in headers if header[0].lower() not in NOT_IN_304]


def cache_status(result: str) -> tuple[str, str]:
    """RFC 9211."""
    return "Cache-Status", f"colonnade; {STATUS_WORDS[result]}"


def close(body: Body) -> None:
    """WSGI requires it of a layer that does not pass a body on."""
    closing = getattr(body, "close", None)
    if closing is not None:
        closing()


def _decoded(path: str) -> str:
    """A path as Django decodes it."""
    return path if path.isascii() else repercent_broken_unicode(path.encode("latin-1")).decode()
