"""Forwarding headers. Only those from a peer in `TRUSTED_PROXIES` count; from any other peer they are dropped."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from app.tenancy.hosts.names import Host
from app.tenancy.hosts.resolver import effective_host, nearest
from app.tenancy.hosts.snapshot import Snapshot


def apply_forwarded_headers(request: HttpRequest, snapshot: Snapshot) -> Host:
    """Sets the request's `Host` to the effective host and its scheme to the proxy's. Raises `HostRefused`.

    After that `get_host()`, `is_secure()` and any code that reads the headers itself agree with the resolver.
    """
    meta = request.META
    trusted = meta.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES
    # SECURITY: forwarding headers of an untrusted peer are removed, not merely ignored: SECURE_PROXY_SSL_HEADER
    # and third-party code would believe them.
    forwarded = {
        name: meta.pop(name) for name in list(meta) if name.startswith(("HTTP_X_FORWARDED_", "HTTP_FORWARDED"))
    }
    host = effective_host(
        snapshot,
        host=meta.get("HTTP_HOST"),
        forwarded=forwarded.get("HTTP_X_FORWARDED_HOST"),
        trusted=trusted,
        hops=settings.PROXY_HOPS,
    )
    if trusted and "HTTP_X_FORWARDED_PROTO" in forwarded:
        # Traefik sends wss for a websocket that came over TLS.
        secure = nearest(forwarded["HTTP_X_FORWARDED_PROTO"], settings.PROXY_HOPS).lower() in {"https", "wss"}
        meta["HTTP_X_FORWARDED_PROTO"] = "https" if secure else "http"
    if trusted and "HTTP_X_FORWARDED_FOR" in forwarded:
        meta["HTTP_X_FORWARDED_FOR"] = nearest(forwarded["HTTP_X_FORWARDED_FOR"], settings.PROXY_HOPS)
    # After the scheme is known. nginx's $host:$server_port names a port that no Origin header has.
    host = host.without_default_port(secure=request.is_secure())
    meta["HTTP_HOST"] = str(host)
    return host
