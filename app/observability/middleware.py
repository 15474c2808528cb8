"""One request, one access line: request id, site, status and time, in the log, the metrics and Sentry."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote

import sentry_sdk
import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from app.observability import metrics
from app.observability.context import current_request, site_of, site_tags

access = structlog.stdlib.get_logger("app.access")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Outside of everything that knows a site, so that it sees the response as the visitor gets it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        token = current_request.set(request)  # log lines repeat none of its credentials
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                started = time.perf_counter()
                response = self.get_response(request)
                _record(request, response, time.perf_counter() - started)
        finally:
            current_request.reset(token)
        response.headers["X-Request-Id"] = request_id
        return response


def _request_id(request: HttpRequest) -> str:
    # SECURITY: only a proxy's id is used; a visitor could imitate another one in the log.
    if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
        given = request.headers.get("X-Request-Id", "")
        if REQUEST_ID.fullmatch(given):
            return given
    return uuid.uuid4().hex


def _record(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    site, status = site_of(request), response.status_code
    metrics.REQUESTS.labels(metrics.site_label(site.id if site else None), str(status)).inc()
    metrics.REQUEST_SECONDS.observe(seconds)
    fields: dict[str, object] = {}
    if site is not None:
        fields = {"site": site.id, "site_domain": site.domain, "site_source": site.source}
        transaction = sentry_sdk.get_current_scope().transaction
        if transaction is not None:
            for name, value in site_tags(site.id, site.domain, site.source).items():
                transaction.set_tag(name, value)
    write = access.error if status >= 500 else access.info
    # The path is quoted because it may contain line ends; the query is omitted because it may contain secrets.
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    write("request", method=request.method, path=path, status=status, ms=round(seconds * 1000, 1), **fields)
