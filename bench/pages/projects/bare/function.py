"""The limit: what gunicorn itself costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bench.pages.content import PLACEHOLDER, bare_page

PAGE = bare_page().encode()
MARK = PLACEHOLDER.encode()


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    body = PAGE.replace(MARK, environ["HTTP_HOST"][5:10].encode())
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
