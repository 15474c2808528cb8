"""`/tls/ask?domain=NAME`: may a proxy get a certificate for this name? For Caddy's on-demand TLS.

Answered from the directory, without a query, a session, an access line or a report to Sentry. Only for requests from
inside: a proxy that forwards a visitor's request adds forwarding headers, and visitors get 404.

What is allowed is bounded by the hosts that operators gave to sites, so it needs no limit of its own; a limit would
refuse handshakes of real sites after a restart of the proxy. A refusal costs some microseconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from app.health.probes import not_stored
from app.health.report import comes_from_inside
from app.observability import metrics
from app.observability.text import escaped
from app.tenancy.directory import directory
from app.tenancy.hosts.names import InvalidHost, normalise_domain
from app.tenancy.hosts.snapshot import ARCHIVED, Snapshot
from app.tenancy.hosts.unavailable import DirectoryUnavailable

log = logging.getLogger(__name__)

PATH = "/tls/ask"
LOG_SECONDS = 60.0
LONGEST_NAME = 255


class TlsAskMiddleware:
    """Before everything that knows a host: the proxy requests the server's own address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return ask(request) if request.path_info == PATH else self.get_response(request)


def ask(request: HttpRequest) -> HttpResponse:
    """200 for a name that gets a certificate, 404 for any other, 503 while this process has no directory."""
    # SECURITY: 404 for visitors, or anyone could list the domains of this platform by trying names.
    if not comes_from_inside(request.META):
        return _text("Not Found", 404)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    try:
        allowed = is_served(directory.snapshot(), request.GET.get("domain", ""))
    except DirectoryUnavailable:
        metrics.TLS_ASKS.labels("unavailable").inc()
        return _text("Unavailable", 503)
    metrics.TLS_ASKS.labels("allowed" if allowed else "denied").inc()
    if not allowed:
        refusals.note(request.GET.get("domain", ""))
    return _text("OK", 200) if allowed else _text("Not Found", 404)


def is_served(snapshot: Snapshot, domain: str) -> bool:
    """Whether the name is a host of a site that is not archived, or of the admin.

    Exact names only: below a wildcard anyone could ask for any number of certificates.
    """
    try:
        name = normalise_domain(domain)
    except InvalidHost:
        return False
    site = snapshot.canonical.get(name)
    if site is None and name in snapshot.aliases:
        site = snapshot.aliases[name].site
    return site.state != ARCHIVED if site is not None else name in settings.ADMIN_HOSTS


class Refusals:
    """At most one line a minute, whatever is requested."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._next_line = 0, 0.0

    def note(self, name: str) -> None:
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if now < self._next_line:
                return
            count, self._count, self._next_line = self._count, 0, now + LOG_SECONDS
        log.info("Certificates refused: %d names since the last line; now %s", count, escaped(name, LONGEST_NAME))


refusals = Refusals()


def _text(text: str, status: int) -> HttpResponse:
    return not_stored(HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8"))
