"""Forwarding headers. Only those from a peer in `TRUSTED_PROXIES` count; from any other peer they are dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from app.observability.context import bind_client, client_address
from app.tenancy.hosts.names import Host
from app.tenancy.hosts.resolver import effective_host, nearest
from app.tenancy.hosts.snapshot import Snapshot

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")


class Arrival(NamedTuple):
    """Where a request came from and what it is for, by its forwarding headers if those count.

    `client` is its address, fit for a log line. `host` has no port that the scheme has anyway.
    """

    host: Host
    secure: bool
    client: str


def apply_forwarded_headers(request: HttpRequest, snapshot: Snapshot) -> Host:
    """Sets the request's `Host` to the effective host and its scheme to the proxy's. Raises `HostRefused`.

    After that `get_host()`, `is_secure()` and any code that reads the headers itself agree with the resolver.
    """
    meta = request.META
    bind_client(client_of(meta, trusted=is_trusted(meta)))
    # SECURITY: forwarding headers of an untrusted peer are removed, not merely ignored: SECURE_PROXY_SSL_HEADER
    # and third-party code would believe them.
    given = dict(meta)
    for name in given:
        if name.startswith(("HTTP_X_FORWARDED_", "HTTP_FORWARDED")):
            del meta[name]
    arrival = read_forwarded_headers(given, snapshot)
    if is_trusted(given):
        if "HTTP_X_FORWARDED_FOR" in given:
            meta["HTTP_X_FORWARDED_FOR"] = nearest(given["HTTP_X_FORWARDED_FOR"], settings.PROXY_HOPS)
        if "HTTP_X_FORWARDED_PROTO" in given:
            meta["HTTP_X_FORWARDED_PROTO"] = "https" if arrival.secure else "http"
    meta["HTTP_HOST"] = str(arrival.host)
    return arrival.host


def read_forwarded_headers(environ: Mapping[str, Any], snapshot: Snapshot) -> Arrival:
    """What the headers say, without a change to them. Raises `HostRefused`."""
    trusted = is_trusted(environ)
    host = effective_host(
        snapshot,
        host=environ.get("HTTP_HOST"),
        forwarded=environ.get("HTTP_X_FORWARDED_HOST"),
        trusted=trusted,
        hops=settings.PROXY_HOPS,
        target=_host_of_target(environ.get("RAW_URI", "/")),
    )
    secure = environ.get("wsgi.url_scheme") == "https"
    if trusted and "HTTP_X_FORWARDED_PROTO" in environ:
        # Traefik sends wss for a websocket that came over TLS.
        secure = nearest(environ["HTTP_X_FORWARDED_PROTO"], settings.PROXY_HOPS).lower() in {"https", "wss"}
    # After the scheme is known. nginx's $host:$server_port names a port that no Origin header has.
    return Arrival(host.without_default_port(secure=secure), secure, client_of(environ, trusted=trusted))


def _host_of_target(target: str) -> str | None:
    """The host in a request line, empty if there should be one; None for a path. `RAW_URI` is gunicorn's."""
    if target.startswith("/") or target == "*":
        return None
    absolute = _ABSOLUTE.match(target)
    return absolute[1] if absolute else ""


def is_trusted(environ: Mapping[str, Any]) -> bool:
    """Whether the peer is one of our proxies."""
    return environ.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES


def client_of(environ: Mapping[str, Any], *, trusted: bool) -> str:
    """The client's address: the peer's, or what a trusted peer says."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR") if trusted else None
    if forwarded is None:
        return str(environ.get("REMOTE_ADDR", ""))
    return client_address(nearest(forwarded, settings.PROXY_HOPS))
