"""A streamed body outlives the middleware that made it; its chunks are produced with the site current again."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from app.tenancy.current import activate
from app.tenancy.hosts.snapshot import CurrentSite


def stream_within(response: HttpResponseBase, site: CurrentSite) -> HttpResponseBase:
    """The response; if its body is a stream, every chunk is made with `site` as the current one."""
    if not isinstance(response, StreamingHttpResponse) or response.is_async:
        return response
    if getattr(response, "file_to_stream", None) is not None:
        return response  # a plain file: no code of ours runs, and the server may send it by itself
    body: Iterator[bytes] = response._iterator  # type: ignore[attr-defined]  # streaming_content hides its close()
    closers = response._resource_closers  # type: ignore[attr-defined]  # the body's own would run without the site
    closers[:] = [close for close in closers if getattr(close, "__self__", None) is not body]
    response.streaming_content = _Within(body, site)
    return response


class _Within:
    """The chunks of a body. The site is entered for each and left before it is handed on, so that the server's
    thread keeps none."""

    def __init__(self, chunks: Iterator[bytes], site: CurrentSite) -> None:
        self.chunks, self.site = chunks, site

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with activate(self.site):
            return next(self.chunks)

    def close(self) -> None:
        close = getattr(self.chunks, "close", None)
        if close is not None:
            with activate(self.site):
                close()
