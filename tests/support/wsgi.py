"""The WSGI layer around the product's Django, in the test's process, as two visitors of a server see it."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.pagecache.front import Front
from app.pagecache.store import Pages
from app.tenancy.requests.charset import UTF8Handler

Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes
    queries: int

    @property
    def found(self) -> str:
        """What the page cache says of it."""
        return self.headers.get("Cache-Status", "").removeprefix("colonnade; ")


def environ_of(host: str | None, target: str) -> dict[str, Any]:
    """A GET from this machine, as gunicorn passes it on; with None for a host, without one."""
    path, _, query = target.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "server",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        **({} if host is None else {"HTTP_HOST": host}),
    }


class Server:
    """Requests through the layer. `environ` entries are given as keywords: `HTTP_COOKIE="a=b"`."""

    def __init__(self, *, seconds: float = 300, most_bytes: int = 2**20, **pages: Any) -> None:
        self.django = UTF8Handler()
        self.made: list[str] = []
        self.pages = Pages(seconds=seconds, most_bytes=most_bytes, shared=pages.pop("shared", None))
        self.front = Front(self._count, pages.pop("static_files", {}), self.pages)

    def get(
        self, host: str | None, target: str = "/", *, method: str = "GET", through: str = "front", **environ: str
    ) -> Answer:
        """`through="django"` is the other way in, past the layer. `host=None`: without a `Host`."""
        sent = {**environ_of(host, target), "REQUEST_METHOD": method, **environ}
        with CaptureQueriesContext(connection) as queries:
            status, headers, body = self.send(sent, through)
        return Answer(status, headers, body, len(queries))

    def send(self, environ: dict[str, Any], through: str = "front") -> tuple[int, Headers, bytes]:
        """Status, headers and body of the response."""
        begun: list[Any] = []

        def start_response(*arguments: Any) -> Any:
            begun.append(arguments[:2])

        application = self.front if through == "front" else self.django
        result = application(environ, start_response)
        body = b"".join(result)
        getattr(result, "close", lambda: None)()
        status, headers = begun[-1]
        return int(status[:3]), dict(headers), body

    def _count(self, environ: Any, start_response: Any) -> Any:
        self.made.append(environ["PATH_INFO"])
        return self.django(environ, start_response)
