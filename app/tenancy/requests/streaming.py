"""A streamed body is produced after the middlewares have returned, yet in the context of its request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from typing import Any

import sentry_sdk
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase


class StreamingMiddleware:
    """The last in MIDDLEWARE, so that the context variables of all others are set: site, request id, log fields.

    They are set only while a chunk is produced or the body is closed, so the server's thread keeps none of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse) or response.is_async:
            return response
        if getattr(response, "file_to_stream", None) is not None:
            return response  # a plain file: none of our code runs, and the server may send it by itself
        stream: Any = response  # Any: the attributes are private. `streaming_content` hides the body's close().
        body = stream._iterator
        # The body's own close() would run without the context.
        closers = [close for close in stream._resource_closers if getattr(close, "__self__", None) is not body]
        stream._resource_closers[:] = closers
        with sentry_sdk.isolation_scope():  # a copy: the request's own loses the site's tags when the request ends
            response.streaming_content = ContextIterator(body, copy_context())
        return response


class ContextIterator:
    """An iterator of which each step, and the end, runs in a context."""

    def __init__(self, body: Iterator[bytes], context: Context) -> None:
        self.body, self.context = body, context

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self.context.run(next, self.body)

    def close(self) -> None:
        close = getattr(self.body, "close", None)
        if close is not None:
            self.context.run(close)
