"""Responses that need no view: the same, byte for byte, as Django's own, by whichever way they are made."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from whitenoise import WhiteNoise

from app.pagecache.direct import MOST_AT_ONCE, MOST_KINDS
from app.server.waiting import WouldWait, without_waiting
from app.tenancy.directory import directory
from app.tenancy.models import PendingHost, SiteProfile
from tests.support.logs import Lines
from tests.support.wsgi import Answer, Server, environ_of

PER_REQUEST = {"X-Request-Id"}
#: gunicorn would send these in chunks; the layer knows their length.
ADDED = {"Content-Length"}


def comparable(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in PER_REQUEST | ADDED}
    return answer.status, headers, answer.body


ALIKE = [
    ("nowhere.test", "/", {}),
    ("nowhere.test", "/a/?b=c", {}),
    ("nowhere.test", "/", {"HTTP_X_FORWARDED_PROTO": "https"}),
    ("nowhere.test", "/", {"HTTP_X_FORWARDED_HOST": "elsewhere.test"}),
    ("www.north.test", "/", {}),
    ("www.north.test", "/a b/ü/?q=%2F&x=1#f", {}),
    ("www.north.test:8000", "//evil.test/%0d%0aa", {}),
    ("www.north.test", "/", {"HTTP_X_FORWARDED_PROTO": "https"}),
    ("www.north.test", "/", {"HTTP_X_FORWARDED_HOST": "www.south.test", "REMOTE_ADDR": "203.0.113.1"}),
    ("not..valid", "/", {}),
    ("server:8000", "/tls/ask?domain=north.test", {}),
    ("server:8000", "/tls/ask?domain=nowhere.test", {}),
    ("www.north.test", "/tls/ask?domain=north.test", {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}),
    ("north.test", "/tls/ask?domain=north.test", {"REMOTE_ADDR": "203.0.113.9"}),
    ("north.test", "/", {"HTTP_X_FORWARDED_HOST": "south.test"}),
]


@pytest.mark.parametrize(("host", "target", "environ"), ALIKE)
def test_it_is_what_django_sends(host: str, target: str, environ: dict[str, str], server: Server) -> None:
    target = target.encode().decode("latin-1")
    expected = comparable(server.get(host, target, through="django", **environ))
    assert [comparable(server.get(host, target, **environ)) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize("secure", ["http", "https"])
def test_with_tls_settings_too(secure: str, server: Server) -> None:
    settings = {"REDIRECT_TO_HTTPS": True, "SECURE_HSTS_SECONDS": 60}
    with override_settings(**settings):
        hosts = ("north.test", "north.test:8000", "www.north.test", "nowhere.test")
        for host in hosts:
            server = Server()
            expected = comparable(server.get(host, "/nothing/", through="django", HTTP_X_FORWARDED_PROTO=secure))
            for _ in range(2):
                assert comparable(server.get(host, "/nothing/", HTTP_X_FORWARDED_PROTO=secure)) == expected


def test_it_needs_no_query_and_not_django(server: Server) -> None:
    for host in ("nowhere.test", "www.north.test"):
        server.get(host)
        made = len(server.made)
        assert [server.get(host, f"/{number}/").queries for number in range(20)] == [0] * 20
        assert len(server.made) == made


def test_ten_thousand_names_get_no_certificate(server: Server) -> None:
    """Without a query, and in the memory that the first ones needed."""
    asked = environ_of("server:8000", "/tls/ask")

    def statuses(numbers: range) -> set[str]:
        found: set[str] = set()

        def start(status: str, *_: Any) -> Any:
            found.add(status)

        for number in numbers:
            result = server.front({**asked, "QUERY_STRING": f"domain=name-{number}.test"}, start)
            b"".join(result)
            getattr(result, "close", lambda: None)()
        return found

    assert statuses(range(200)) == {"404 Not Found"}
    with CaptureQueriesContext(connection) as queries:
        tracemalloc.start()
        assert statuses(range(200, 10_000)) == {"404 Not Found"}
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert len(queries) == 0
    assert grown < 300_000  # the names alone would be a megabyte


def test_a_pending_host_is_unknown(server: Server, sites: tuple[Site, Site]) -> None:
    PendingHost.objects.create(site_id=sites[0].pk, host="www.north.test")
    PendingHost.objects.create(site_id=sites[1].pk, host="south.test")
    directory.forget()
    for host in ("www.north.test", "south.test"):
        for through in ("front", "django"):
            answer = server.get(host, through=through)
            assert (answer.status, b"No site is configured" in answer.body) == (404, True)


def test_it_is_logged_as_any_request(server: Server, lines: Lines) -> None:
    for host in ("nowhere.test", "www.north.test"):
        for _ in range(2):
            server.get(host, "/x/", HTTP_USER_AGENT="agent", HTTP_X_FORWARDED_FOR="203.0.113.9")
    requests = [line for line in lines() if line["event"] == "request"]
    own = {"ms", "request_id", "time", "bytes"}
    first, second, third, fourth = ({k: v for k, v in line.items() if k not in own} for line in requests)
    assert (first, third) == (second, fourth)
    assert (second["host"], second["client"], second["status"]) == ("nowhere.test", "203.0.113.9", 404)


def test_a_flood_of_unknown_hosts_and_paths_fills_nothing(server: Server) -> None:
    for number in range(300):
        server.get(f"x{number}.nowhere.test", f"/{number}/")
    assert len(server.front.direct._added) == 1
    assert server.pages._entries.currsize == 0
    assert server.front.direct._added.maxsize == MOST_KINDS


def test_a_site_that_changes_has_its_new_headers_and_domain(server: Server, sites: tuple[Site, Site]) -> None:
    for _ in range(2):
        assert server.get("www.north.test").headers["Location"] == "http://north.test/"
    Site.objects.filter(pk=sites[0].pk).update(domain="renamed.test")
    directory.expire()
    for _ in range(2):
        assert server.get("www.north.test").headers["Location"] == "http://renamed.test/"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/healthz"])
def test_probes_are_answered_for_any_host(path: str, server: Server) -> None:
    for host in ("10.0.0.1:8000", "nowhere.test", "www.north.test", "", "a..b", "north.test"):
        expected = server.get(host, path, through="django")
        assert server.get(host, path).status == expected.status != 404


def test_the_probe_of_the_process(server: Server) -> None:
    for accept in ("", "application/json"):
        expected = server.get("10.0.0.1", "/livez", through="django", HTTP_ACCEPT=accept)
        made = len(server.made)
        found = server.get("10.0.0.1", "/livez", HTTP_ACCEPT=accept)
        assert (found.status, found.headers, found.body) == (expected.status, expected.headers, expected.body)
        assert len(server.made) == made
    assert server.get("x", "/livez", method="HEAD").body == b""
    assert server.get("x", "/livez", method="POST").status == 405


@pytest.mark.usefixtures("sites")
class TestStaticFiles:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[Server]:
        (tmp_path / "a.css").write_text("a { color: red }")
        files = WhiteNoise(None, root=str(tmp_path), prefix="static/").files
        with override_settings(STATIC_ROOT=str(tmp_path)):
            yield Server(static_files=files)

    @pytest.mark.parametrize(
        "environ", [{}, {"HTTP_RANGE": "bytes=0-3"}, {"HTTP_RANGE": "bytes=99-"}, {"HTTP_IF_NONE_MATCH": "x"}]
    )
    def test_it_is_what_django_sends(self, environ: dict[str, str], server: Server) -> None:
        expected = server.get("north.test", "/static/a.css", through="django", **environ)
        for _ in range(3):
            found = server.get("north.test", "/static/a.css", **environ)
            assert comparable(found) == comparable(expected)
        assert found.queries == 0

    def test_it_is_not_served_for_a_host_that_no_site_has(self, server: Server) -> None:
        for host, status in (("north.test", 200), ("nowhere.test", 404), ("www.north.test", 301), ("a..b", 400)):
            assert [server.get(host, "/static/a.css").status for _ in range(2)] == [status, status]

    def test_a_closed_site_keeps_its_static_files(self, server: Server, sites: tuple[Site, Site]) -> None:
        SiteProfile.objects.filter(site=sites[0]).update(state="suspended")
        directory.expire()
        assert [server.get("north.test", "/static/a.css").status for _ in range(2)] == [200, 200]

    def test_head(self, server: Server) -> None:
        for _ in range(2):
            found = server.get("north.test", "/static/a.css", method="HEAD")
            assert (found.status, found.headers["Content-Length"]) == (200, "16")

    @pytest.mark.parametrize(("size", "waits"), [(MOST_AT_ONCE, False), (MOST_AT_ONCE + 1, True)])
    def test_a_large_one_waits_for_a_thread(self, size: int, waits: bool, server: Server, tmp_path: Path) -> None:
        """A client that reads it slowly would keep the one thread of responses that need not wait."""
        (tmp_path / "large.css").write_text("x" * size)
        server = Server(static_files=WhiteNoise(None, root=str(tmp_path), prefix="static/").files)
        server.get("north.test", "/static/large.css")
        with without_waiting(), pytest.raises(WouldWait) if waits else nullcontext():
            assert server.get("north.test", "/static/large.css").status == 200
        assert server.get("north.test", "/static/large.css").status == 200
