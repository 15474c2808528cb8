"""A streamed body outlives the middleware that made it; its chunks are produced with the site current again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from app.tenancy.current import CurrentSite, activate


def stream_within(response: HttpResponseBase, site: CurrentSite) -> HttpResponseBase:
    """The response; if its body is a stream, every chunk is made with `site` as the current one."""
    if not isinstance(response, StreamingHttpResponse) or response.is_async:
        return response
    if getattr(response, "file_to_stream", None) is not None:
        return response  # a plain file: no code of ours runs, and the server may send it by itself
    response.streaming_content = _within(iter(response.streaming_content), site)  # type: ignore[arg-type]  # not async
    return response


def _within(chunks: Iterator[bytes], site: CurrentSite) -> Iterable[bytes]:
    try:
        while True:
            # Entered for each chunk and left before it is handed on: the server's thread keeps no site.
            with activate(site):
                try:
                    chunk = next(chunks)
                except StopIteration:
                    return
            yield chunk
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            with activate(site):
                close()
