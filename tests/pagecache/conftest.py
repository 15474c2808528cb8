"""The WSGI layer around the product's Django, in the test's process, as two visitors of a server see it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.pagecache.front import Front
from app.pagecache.store import Pages
from tests.support.makers import make_north, make_south, page

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


def environ_of(host: str, target: str) -> dict[str, Any]:
    """A GET from this machine, as gunicorn passes it on."""
    path, _, query = target.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "SERVER_NAME": "server",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


class Server:
    """Requests through the layer. `environ` entries are given as keywords: `HTTP_COOKIE="a=b"`."""

    def __init__(self, *, seconds: float = 300, most_bytes: int = 2**20, **pages: Any) -> None:
        self.django = get_wsgi_application()
        self.made: list[str] = []
        self.pages = Pages(seconds=seconds, most_bytes=most_bytes, shared=pages.pop("shared", None))
        self.front = Front(self._count, pages.pop("static_files", {}), self.pages)

    def get(
        self, host: str, target: str = "/", *, method: str = "GET", through: str = "front", **environ: str
    ) -> Answer:
        """`through="django"` is the other way in, past the layer."""
        begun: list[Any] = []
        whole = {**environ_of(host, target), "REQUEST_METHOD": method, **environ}
        application = self.front if through == "front" else self.django

        def start_response(*arguments: Any) -> Any:
            begun.append(arguments[:2])

        with CaptureQueriesContext(connection) as queries:
            result = application(whole, start_response)
            body = b"".join(result)
            getattr(result, "close", lambda: None)()
        status, headers = begun[-1]
        return Answer(int(status[:3]), dict(headers), body, len(queries))

    def _count(self, environ: Any, start_response: Any) -> Any:
        self.made.append(environ["PATH_INFO"])
        return self.django(environ, start_response)


@pytest.fixture
def sites(transactional_db: None) -> tuple[Site, Site]:
    """North and south, with a home page and a page `/about/` each."""
    north, south = make_north(), make_south()
    for site in (north, south):
        page(site, slug="", title=f"Home of {site.name}")
        page(site, slug="about", title=f"About {site.name}")
    return north, south


@pytest.fixture
def server(sites: tuple[Site, Site]) -> Server:
    return Server()


@pytest.fixture
def make_server(sites: tuple[Site, Site]) -> Callable[..., Server]:
    return Server
