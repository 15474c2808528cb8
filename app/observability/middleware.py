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
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from app.observability import metrics
from app.observability.context import ObservedRequest, current_request, site_of, site_tags
from app.observability.logs import ACCESS_LOGGER
from app.observability.redact import redactor
from app.observability.text import escaped

access = structlog.stdlib.get_logger(ACCESS_LOGGER)
LONGEST_METHOD = 20
LONGEST_PATH = 1024
LONGEST_AGENT = 200
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Outside of everything that knows a site, so that it sees the response as the visitor gets it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        observed = ObservedRequest(request)
        token = current_request.set(observed)  # log lines repeat none of its credentials
        # HostMiddleware replaces the peer's address by the one that a trusted proxy names.
        client = request.META.get("REMOTE_ADDR", "")
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id, client=client):
                started = time.perf_counter()
                response = self.get_response(request)
                _record(observed, response, time.perf_counter() - started)
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


def _record(observed: ObservedRequest, response: HttpResponseBase, seconds: float) -> None:
    request, status = observed.request, response.status_code
    site = site_of(request)
    metrics.REQUESTS.labels(metrics.site_label(site.id if site else None), str(status)).inc()
    metrics.REQUEST_SECONDS.observe(seconds)
    fields: dict[str, object] = {**observed.refused_hosts}
    if site is not None:
        fields |= {"site": site.id, "site_domain": site.domain, "site_source": site.source}
        transaction = sentry_sdk.get_current_scope().transaction
        if transaction is not None:
            for name, value in site_tags(site.id, site.domain, site.source).items():
                transaction.set_tag(name, value)
    write = access.error if status >= 500 else access.info
    write(
        "request",
        method=escaped(request.method or "", LONGEST_METHOD),
        # The path is quoted because it may contain line ends; the query is omitted because it may contain secrets.
        path=escaped(quote(request.path[:LONGEST_PATH], safe="/:@!$&'()*+,;=~"), LONGEST_PATH),
        status=status,
        bytes=_size(response),
        ms=round(seconds * 1000, 1),
        agent=redactor.clean(escaped(request.headers.get("User-Agent", ""), LONGEST_AGENT)),
        **fields,
    )


def _size(response: HttpResponseBase) -> int | None:
    """The length of the body; None for one that is streamed without a known length."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal():
        return int(length)
    return len(response.content) if isinstance(response, HttpResponse) else None
