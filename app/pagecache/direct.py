"""Responses that need no view: probes, unknown hosts, redirects from aliases, static files.

The headers that Django's outer middlewares add to such a response are copied from the first one that Django makes, for
each site and scheme: so one place decides about them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from wsgiref.types import WSGIApplication
from wsgiref.util import FileWrapper

from cachetools import LRUCache
from django.http import HttpResponse

from app.health import probes
from app.observability import access, metrics
from app.observability.context import refused_hosts
from app.pagecache.entry import Headers, value_of
from app.pagecache.visit import Body, Visit
from app.server.waiting import must_not_wait, refuse_to_wait
from app.tenancy.hosts.resolver import UnknownHost
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests import responses
from app.tenancy.requests.charset import UTF8Request
from app.tenancy.requests.https import requires_https

# Of each site: redirects and static files, over http and https. About 500 bytes each.
MOST_KINDS = 20_000
# Bytes of a static file that nearly always fit into the connection, whether or not the client reads: a larger one may
# wait for the client, so it waits for a thread.
MOST_AT_ONCE = 64 * 1024
Key = tuple[Any, ...]


class Added(NamedTuple):
    """What the middlewares added to a response, while the site was like this."""

    site: CurrentSite | None
    headers: Headers


class DirectResponses:
    """`static_files` are WhiteNoise's, by path."""

    def __init__(self, application: WSGIApplication, static_files: Mapping[str, Any]) -> None:
        self.application, self.static_files = application, static_files
        self._added: LRUCache[Key, Added] = LRUCache(MOST_KINDS)
        self._lock = threading.Lock()

    def livez(self, visit: Visit) -> Body:
        """As `ProbeMiddleware`, which is outside of the access line and of every other middleware."""
        response = probes.livez(UTF8Request(visit.environ))
        visit.start_response(_status(response.status_code), list(response.items()))
        return [] if visit.method == "HEAD" else [response.content]

    def unknown_host(self, visit: Visit, refusal: UnknownHost) -> Body:
        response, key = responses.refused(refusal), ("unknown host", visit.arrival.secure)
        added = self._added_to(key, visit)
        if added is None:
            return self._ask_django(visit, key, response.status_code, list(response.items()))
        metrics.HOSTS_REFUSED.labels(refusal.reason).inc()
        sent = (visit.environ.get(name, "") for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"))
        return self._send(visit, response, added, refused=refused_hosts(*sent))

    def redirect(self, visit: Visit, domain: str) -> Body:
        """To the site's own domain, or to https."""
        scheme = "https" if visit.arrival.secure else "http"
        # As `apply_forwarded_headers` leaves it.
        request = UTF8Request({**visit.environ, "wsgi.url_scheme": scheme, "HTTP_X_FORWARDED_PROTO": scheme})
        response, key = responses.moved(request, domain, visit.arrival.host.port), ("redirect", *_kind(visit))
        added = self._added_to(key, visit)
        if added is None:
            return self._ask_django(visit, key, response.status_code, list(response.items()))
        return self._send(visit, response, added)

    def static_file(self, visit: Visit) -> Body:
        found = self.static_files[visit.path].get_response(visit.method, visit.environ)
        length = value_of(found.headers, "content-length")
        size = int(length) if length else 0
        if found.file is not None and size > MOST_AT_ONCE and must_not_wait():
            found.file.close()
            refuse_to_wait()
        key = ("static file", *_kind(visit))
        added = self._added_to(key, visit)
        if added is None:
            if found.file is not None:
                found.file.close()
            return self._ask_django(visit, key, found.status, found.headers)
        wrapper = visit.environ.get("wsgi.file_wrapper", FileWrapper)
        body = [] if found.file is None else wrapper(found.file)
        return visit.send(_status(found.status), [*found.headers, *added.headers], body, size=size)

    def _send(
        self, visit: Visit, response: HttpResponse, added: Added, refused: Mapping[str, object] = access.NO_FIELDS
    ) -> Body:
        body = response.content
        headers = [*response.items(), ("Content-Length", str(len(body))), *added.headers]
        status, sent = _status(response.status_code), [] if visit.method == "HEAD" else [body]
        return visit.send(status, headers, sent, size=len(body), refused=refused)

    def _added_to(self, key: Key, visit: Visit) -> Added | None:
        with self._lock:
            added = self._added.get(key)
        return added if added is not None and added.site == visit.site else None

    def _ask_django(self, visit: Visit, key: Key, code: int, own: Headers) -> Body:
        """Django's response, which shows what its middlewares add to one with this status and the headers `own`."""

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            # SECURITY: Django chose the site by itself, a moment later. What it adds to another response, a cookie or
            # the id of a site, must not be sent to others.
            expected = [*own, ("X-Site-Id", str(visit.site.id) if visit.site else "")]
            if status == _status(code) and all(value_of(headers, n.lower()) == value for n, value in expected):
                names = {name.lower() for name, _ in own} | {"x-request-id", "content-length"}
                added = Added(visit.site, [(name, value) for name, value in headers if name.lower() not in names])
                with self._lock:
                    self._added[key] = added
            return visit.start_response(status, headers, *rest)

        return self.application(visit.environ, start)


def _kind(visit: Visit) -> Key:
    """For what the middlewares may add other headers to a response of a site."""
    site = visit.site
    return site and site.id, site and site.source, visit.arrival.secure, requires_https(visit.arrival.host.name)


def _status(code: int) -> str:
    return f"{int(code)} {HTTPStatus(code).phrase}"
