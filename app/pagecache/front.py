"""The WSGI layer before Django: pages that are stored, and responses that need no view.

It decides by the same functions as `HostMiddleware`: forwarding headers, host, resolver. Whatever it does not know for
certain it passes on, and Django decides again from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.http import parse_cookie

from app.health.middleware import ProbeMiddleware
from app.observability import metrics
from app.pagecache.direct import DirectResponses
from app.pagecache.entry import Address, State, is_storable, make
from app.pagecache.shared import connect
from app.pagecache.store import Pages
from app.pagecache.views import PERMISSION, named_query
from app.pagecache.visit import NOT_MODIFIED, SAFE, Body, Visit, cache_status, close, without_content
from app.server.waiting import must_not_wait, refuse_to_wait
from app.tenancy.directory import directory
from app.tenancy.hosts.resolver import HostRefused, UnknownHost, resolve
from app.tenancy.hosts.snapshot import ACTIVE, CurrentSite
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.requests.forwarded import Arrival, read_forwarded_headers
from app.tenancy.requests.https import requires_https, sent_name
from app.tenancy.requests.tenancy import configured_fallbacks
from app.tenancy.requests.tls_ask import PATH as TLS_ASK


class Front:
    """Serves stored pages, static files, redirects from aliases and refusals of unknown hosts; Django does the rest."""

    def __init__(self, application: WSGIApplication, static_files: Mapping[str, Any], pages: Pages) -> None:
        self.application, self.pages = _unless_it_would_wait(application), pages
        self.direct = DirectResponses(self.application, static_files)
        self.fallbacks = configured_fallbacks()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in SAFE or environ.get("SCRIPT_NAME") or "\0" in path:
            return self.application(environ, start_response)
        visit = Visit(environ, start_response)
        if path == TLS_ASK:  # a proxy asks for any host, under a name of its own
            return self.application(environ, start_response)
        if path in ProbeMiddleware.paths:  # for any host: the kubelet requests a pod's address
            return self.direct.livez(visit) if path == "/livez" else self.application(environ, start_response)
        try:
            snapshot = directory.snapshot()
            arrival = visit.arrival = read_forwarded_headers(environ, snapshot)
            resolution = resolve(snapshot, arrival.host.name, self.fallbacks)
        except UnknownHost as refusal:
            return self.direct.unknown_host(visit, refusal)
        except (HostRefused, DirectoryUnavailable):
            return self.application(environ, start_response)
        site = visit.site = resolution.site
        if resolution.redirects or (requires_https(arrival.host.name) and not arrival.secure):
            return self.direct.redirect(visit, site.domain if resolution.redirects else arrival.host.name)
        if path in self.direct.static_files:
            return self.direct.static_file(visit)
        address = self.address_of(environ, site, arrival)
        if address is None:
            return self.application(environ, start_response)
        return self.page(visit, address, State(snapshot.sites[site.id], directory.content_version(site.id)))

    def address_of(self, environ: WSGIEnvironment, site: CurrentSite, arrival: Arrival) -> Address | None:
        """What the page is stored under; None if this request neither gets a stored page nor makes one."""
        host = arrival.host
        # SECURITY: a page is stored under the canonical domain only. With any port, a visitor could have each page
        # stored 65,535 times.
        if site.source != "host" or site.state != ACTIVE or host.name != site.domain or not self.pages.seconds:
            return None
        # On a unix socket there is no port, and gunicorn gives the one of `Host` for the server's.
        if host.port is not None and (not environ.get("REMOTE_ADDR") or str(host.port) != environ.get("SERVER_PORT")):
            return None
        if "HTTP_AUTHORIZATION" in environ or _may_be_signed_in(environ, secure=arrival.secure):
            return None
        query = named_query(site, environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if query is None:
            return None
        return Address(site.id, "https" if arrival.secure else "http", str(host), environ["PATH_INFO"], query)

    def page(self, visit: Visit, address: Address, state: State) -> Body:
        entry = self.pages.fresh(address, state)
        if entry is not None:
            return visit.send_page(entry, "hit")
        entry = self.pages.from_other_processes(address, state)
        if entry is not None:
            return visit.send_page(entry, "shared")
        if visit.method == "HEAD":  # stores nothing, so nobody waits for it
            return self.make(visit, address, state)
        if self.pages.is_in_the_making(address) or directory.is_out_of_reach or must_not_wait():
            entry = self.pages.stale(address, state)
            if entry is not None:
                return visit.send_page(entry, "stale")
        refuse_to_wait()
        with self.pages.making(address) as is_ours:
            entry = None if is_ours else self.pages.fresh(address, state)
            return self.make(visit, address, state) if entry is None else visit.send_page(entry, "hit")

    def make(self, visit: Visit, address: Address, state: State) -> Body:
        begun: list[Any] = []

        def start(*arguments: Any) -> Any:
            begun[:] = arguments
            return _no_write

        result = self.application(visit.environ, start)
        status, headers, *rest = begun
        entry = self.pages.stale(address, state) if status.startswith("503 ") else None
        if entry is not None:
            close(result)
            return visit.send_page(entry, "stale")
        permission = visit.environ.get(PERMISSION)
        # SECURITY: Django chose the site by itself, a moment later. What it made must be of the same state.
        if permission is None or permission.site != visit.site or not is_storable(status, headers):
            metrics.count_page("pass")
            visit.start_response(status, headers, *rest)
            return result
        try:
            body = b"".join(result)
        finally:
            close(result)
        entry = make(state, headers, body, seconds=self.pages.seconds, until=permission.until)
        # SECURITY: an app's view may send another body to a HEAD than to a GET.
        outcome = "miss" if visit.method == "GET" and self.pages.keep(address, entry) else "pass"
        metrics.count_page(outcome)
        own = [(name, value) for name, value in headers if name == "X-Request-Id"]
        sent = [*entry.headers, *own, cache_status(outcome)]
        # The access line is Django's, of the page that it made: it has the status 200 in both cases.
        if visit.has(entry):
            visit.start_response(NOT_MODIFIED, without_content(sent), *rest)
            return []
        visit.start_response(status, sent, *rest)
        return [] if visit.method == "HEAD" else [body]


def front(application: WSGIApplication, static_files: Mapping[str, Any]) -> Front:
    """The layer as the settings describe it."""
    seconds, most_bytes = settings.PAGE_CACHE_SECONDS, settings.PAGE_CACHE_MB * 2**20
    return Front(application, static_files, Pages(seconds=seconds, most_bytes=most_bytes, shared=connect()))


def _may_be_signed_in(environ: WSGIEnvironment, *, secure: bool) -> bool:
    header, name = environ.get("HTTP_COOKIE", ""), sent_name(settings.SESSION_COOKIE_NAME, secure=secure)
    return name in header and name in parse_cookie(header)


def _unless_it_would_wait(application: WSGIApplication) -> WSGIApplication:
    """Django needs the database nearly always."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        refuse_to_wait()
        return application(environ, start_response)

    return call


def _no_write(_: bytes) -> None:
    raise NotImplementedError("Django does not use WSGI's write().")
