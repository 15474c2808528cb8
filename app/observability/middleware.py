"""One request, one access line: request id, site, status and time, in the log, the metrics and Sentry."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import quote

import sentry_sdk
import structlog
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from app.observability import metrics
from app.observability.context import current_request, site_of, site_tags

access = structlog.stdlib.get_logger("app.access")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Goes around everything that knows a site, so that it sees the answer as the visitor gets it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        with observed(request, request_id):
            started = time.perf_counter()
            response = self.get_response(request)
            _record(request, response, time.perf_counter() - started)
        response.headers["X-Request-Id"] = request_id
        return _stream_observed(response, request, request_id)


@contextmanager
def observed(request: HttpRequest, request_id: str) -> Iterator[None]:
    """Log lines in here carry the request's id and nothing that the request brought along in secret."""
    token = current_request.set(request)
    bound = structlog.contextvars.bind_contextvars(request_id=request_id)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**bound)
        current_request.reset(token)


def _request_id(request: HttpRequest) -> str:
    # SECURITY: only a proxy's id is taken over; a visitor could pass for another one in the log.
    if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
        given = request.headers.get("X-Request-Id", "")
        if REQUEST_ID.fullmatch(given):
            return given
    return uuid.uuid4().hex


def _record(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    site, status = site_of(request), response.status_code
    metrics.REQUESTS.labels(metrics.site_labels.label(site.id if site else None), str(status)).inc()
    metrics.REQUEST_SECONDS.observe(seconds)
    fields: dict[str, object] = {}
    if site is not None:
        fields = {"site": site.id, "site_domain": site.domain, "site_source": site.source}
        transaction = sentry_sdk.get_current_scope().transaction
        if transaction is not None:
            for name, value in site_tags(site.id, site.domain, site.source).items():
                transaction.set_tag(name, value)
    write = access.error if status >= 500 else access.info
    # The path is quoted, for it may hold line ends; the query is left out, for it may hold anything.
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    write("request", method=request.method, path=path, status=status, ms=round(seconds * 1000, 1), **fields)


def _stream_observed(response: HttpResponseBase, request: HttpRequest, request_id: str) -> HttpResponseBase:
    """A streamed body outlives the middleware; what is logged while it is made belongs to the request too."""
    if not isinstance(response, StreamingHttpResponse) or response.is_async:
        return response
    if getattr(response, "file_to_stream", None) is not None:
        return response  # a plain file: no code of ours runs, and the server may send it by itself
    chunks = cast("Iterator[bytes]", response.streaming_content)
    response.streaming_content = _observed_chunks(chunks, request, request_id)
    return response


def _observed_chunks(chunks: Iterator[bytes], request: HttpRequest, request_id: str) -> Iterator[bytes]:
    while True:
        with observed(request, request_id):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
