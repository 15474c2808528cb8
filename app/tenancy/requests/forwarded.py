"""What a proxy may tell us. Only a peer in `TRUSTED_PROXIES` is listened to; of a stranger's headers none is left."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from app.tenancy.directory import Snapshot
from app.tenancy.hosts.names import Host
from app.tenancy.hosts.resolver import effective_host, nearest


def take_host(request: HttpRequest, snapshot: Snapshot) -> Host:
    """Makes the request's `Host` the effective host and its scheme the proxy's. Raises `HostRefused`.

    From here on `get_host()`, `is_secure()` and whatever reads the headers itself agree with the resolver.
    """
    meta = request.META
    trusted = meta.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES
    # SECURITY: forwarding headers of an untrusted peer are removed, not merely unread: SECURE_PROXY_SSL_HEADER
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
    meta["HTTP_HOST"] = str(host)
    if trusted and "HTTP_X_FORWARDED_PROTO" in forwarded:
        # Traefik says wss for a websocket that came over TLS.
        secure = nearest(forwarded["HTTP_X_FORWARDED_PROTO"], settings.PROXY_HOPS).lower() in {"https", "wss"}
        meta["HTTP_X_FORWARDED_PROTO"] = "https" if secure else "http"
    if trusted and "HTTP_X_FORWARDED_FOR" in forwarded:
        meta["HTTP_X_FORWARDED_FOR"] = nearest(forwarded["HTTP_X_FORWARDED_FOR"], settings.PROXY_HOPS)
    return host
