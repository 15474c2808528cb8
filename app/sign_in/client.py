"""The address of the client, as `HostMiddleware` left it in the request."""

from __future__ import annotations

from allauth.core.internal.httpkit import clean_client_ip
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  # not an address to listen on: a client on a unix socket, without a proxy's header


def client_address(request: HttpRequest) -> str:
    """An IP address without a port."""
    # SECURITY: HostMiddleware has removed the header of an untrusted peer, and all values but the nearest proxy's.
    forwarded = clean_client_ip(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return forwarded or clean_client_ip(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
