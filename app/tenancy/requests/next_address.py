"""Addresses in a request that the visitor is sent to afterwards, such as `next` of a form."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

# What browsers remove from an address, or read as a slash.
AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


def stays_on_host(request: HttpRequest, address: str) -> bool:
    """Whether a browser that is sent to this address stays on the host of the request."""
    # SECURITY: Django trims an address before it looks at it, and "//\t" becomes "//%09", another host, in the header.
    if AMBIGUOUS.search(address) or not address:
        return False
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
