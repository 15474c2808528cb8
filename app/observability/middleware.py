"""One request, one access line: request id, site, status and time, in the log, the metrics and Sentry."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import sentry_sdk
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from app.observability import access
from app.observability.context import ObservedRequest, current_request, site_of, site_tags

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Outside of everything that knows a site, so that it sees the response as the visitor gets it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # HostMiddleware replaces the peer's address by the one that a trusted proxy names.
        client = request.META.get("REMOTE_ADDR", "")
        observed = ObservedRequest(request, request_id_of(request.META), client)
        token = current_request.set(observed)  # log lines repeat none of its credentials
        try:
            with structlog.contextvars.bound_contextvars(request_id=observed.request_id, client=client):
                started = time.perf_counter()
                response = self.get_response(request)
                _record(observed, response, time.perf_counter() - started)
        finally:
            current_request.reset(token)
        response.headers["X-Request-Id"] = observed.request_id
        return response


def request_id_of(environ: Mapping[str, Any]) -> str:
    """The id that a trusted proxy gave the request, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # SECURITY: only a proxy's id is used; a visitor could imitate another one in the log.
    if given and environ.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES and REQUEST_ID.fullmatch(given):
        return str(given)
    return os.urandom(16).hex()


def _record(observed: ObservedRequest, response: HttpResponseBase, seconds: float) -> None:
    request = observed.request
    site = site_of(request)
    if site is not None and sentry_sdk.get_client().is_active():
        transaction = sentry_sdk.get_current_scope().transaction
        if transaction is not None:
            for name, value in site_tags(site.id, site.domain, site.source).items():
                transaction.set_tag(name, value)
    access.record(
        request_id=observed.request_id,
        client=observed.client,
        method=request.method or "",
        path=request.path,
        agent=request.META.get("HTTP_USER_AGENT", ""),
        status=response.status_code,
        size=_size(response),
        seconds=seconds,
        site=site,
        refused=observed.refused_hosts,
    )


def _size(response: HttpResponseBase) -> int | None:
    """The length of the body; None for one that is streamed without a known length."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal():
        return int(length)
    return len(response.content) if isinstance(response, HttpResponse) else None
