"""Requests are in UTF-8, as browsers send them.

Django decodes the query by the `charset` in `Content-Type`, while it creates the request and before any middleware. So
one address would have two meanings, while a page is stored under one; and a codec that is none for text (`rot13`), or a
header that cannot be read, would be an error of the server without an access line.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from app.tenancy.requests import responses

WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "TRACE")
CHARSETS = ("utf-8", "ascii")


class UTF8Request(WSGIRequest):
    """A request whose query and forms are UTF-8. `content_type` is empty if the header cannot be read."""

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}


class UTF8Handler(WSGIHandler):
    request_class = UTF8Request


def utf8_application() -> UTF8Handler:
    """As Django's `get_wsgi_application()`."""
    django.setup(set_prefix=False)
    return UTF8Handler()


class CharsetMiddleware:
    """Refuses a body in another charset, which would be read wrongly. Without a body, `Content-Type` means nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in WITHOUT_BODY or _is_utf8(request):
            return self.get_response(request)
        return responses.page(_("Unsupported encoding"), _("Please send the request in UTF-8."), 415)


def _is_utf8(request: HttpRequest) -> bool:
    if request.META.get("CONTENT_TYPE") and not request.content_type:
        return False
    try:
        return codecs.lookup((request.content_params or {}).get("charset", "utf-8")).name in CHARSETS
    except (LookupError, ValueError):
        return False
