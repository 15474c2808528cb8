"""The responses to probes, who gets them, and what they never contain."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import managed
from tests.support.programs import free_port, wait_until
from tests.support.server import Server, serving

PROBES = ("/livez", "/readyz", "/startupz")
TOKEN = "planted-health-token"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Path:
    folder = tmp_path_factory.mktemp("probes")
    shutil.copy(database, folder)
    return folder


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Server]:
    settings = {"SECURE_SSL_REDIRECT": "true", "HEALTH_TOKEN": TOKEN}
    with serving(directory, **settings) as started:
        yield started


@pytest.fixture(scope="module")
def outside(directory: Path, server: Server) -> Iterator[Server]:
    """A server that does not trust the peers of this machine."""
    with serving(directory, HEALTH_TOKEN=TOKEN, TRUSTED_PROXIES="192.0.2.0/24") as started:
        yield started


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "unknown.example", "localhost", "-_bad..host", "[::1]:8000"])
def test_it_works(server: Server, probe: str, host: str) -> None:
    answer = server.request(probe, host=host)
    assert (answer.status, answer.body) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not {"Set-Cookie", "X-Site-Id", "X-Site-Source", "Location"} & set(answer.headers)


def test_a_page_is_redirected_where_a_probe_is_not(server: Server) -> None:
    """The redirect is really on."""
    assert server.request("/", host="localhost").status == 301


@pytest.mark.parametrize("probe", [*PROBES, "/healthz"])
def test_head_is_get_without_a_body(server: Server, probe: str) -> None:
    head, get = server.request(probe, method="HEAD"), server.request(probe)
    assert (head.status, head.body) == (200, "")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


@pytest.mark.parametrize("probe", [*PROBES, "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_refused(server: Server, probe: str, method: str) -> None:
    assert server.request(probe, method=method).status == 405


@pytest.mark.parametrize("probe", [*PROBES, "/healthz"])
@pytest.mark.parametrize("accept", ["bogus", "image/png", "", ";;;", "a/b;q=x, */*"])
def test_no_accept_header_breaks_a_probe(server: Server, probe: str, accept: str) -> None:
    assert server.request(probe, headers={"Accept": accept}).status == 200


def test_json_for_clients_that_accept_it(server: Server) -> None:
    answer = server.request("/startupz", headers={"Accept": "application/json"})
    assert json.loads(answer.body) == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "warm": "ok"}}


@pytest.mark.parametrize("path", ["/livez/", "/livez/x", "/Livez", "//livez"])
def test_only_the_exact_path_is_a_probe(server: Server, path: str) -> None:
    assert server.request(path, host="unknown.example").status in (301, 404)


def test_the_report_has_every_check(server: Server) -> None:
    checks = json.loads(server.request("/healthz", headers={"Accept": "application/json"}).body)
    assert set(checks) >= {"database", "migrations", "cache", "storage", "mail", "disk", "directory"}
    checks.pop("disk")  # of the machine that runs the tests: it may be nearly full
    assert set(checks.values()) == {"OK"}


@pytest.mark.parametrize(
    ("query", "content_type", "text"),
    [
        ("", "text/html", "All is well"),
        ("?format=json", "application/json", '"database": "OK"'),
        ("?format=text", "text/plain", "database: OK"),
        ("?format=openmetrics", "application/openmetrics-text", 'django_health_check_status{check="database"} 1'),
    ],
)
def test_the_formats_of_the_report(server: Server, query: str, content_type: str, text: str) -> None:
    answer = server.request(f"/healthz{query}")
    assert answer.headers["Content-Type"].startswith(content_type)
    assert text in answer.body


FORWARDED = [
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-Host": "north.example"},
    {"X-Forwarded-Proto": "https"},
    {"Forwarded": "for=203.0.113.9"},
    {"X-Real-Ip": "203.0.113.9"},
    {"Via": "1.1 proxy"},
]


@pytest.mark.parametrize("header", FORWARDED)
def test_a_request_through_a_proxy_is_outside(server: Server, header: dict[str, str]) -> None:
    assert server.request("/healthz", headers=header).status == 404


@pytest.mark.parametrize("header", FORWARDED)
def test_the_token_opens_the_report(server: Server, header: dict[str, str]) -> None:
    assert server.request("/healthz", headers={**header, "Authorization": f"Bearer {TOKEN}"}).status == 200
    assert server.request(f"/healthz?token={TOKEN}", headers=header).status == 200


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", "Ω"])
def test_a_wrong_token_opens_nothing(outside: Server, wrong: str) -> None:
    header = {} if wrong == "Ω" else {"Authorization": f"Bearer {wrong}"}
    query = "?token=%CE%A9" if wrong == "Ω" else f"?token={wrong}"
    answer = outside.request(f"/healthz{query}", headers=header)
    assert (answer.status, answer.body) == (404, "Not Found\n")


def test_outside_without_a_token_there_is_no_report(outside: Server) -> None:
    assert outside.request("/healthz").status == 404
    assert outside.request("/healthz", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200


def test_without_a_token_set_an_empty_one_opens_nothing(directory: Path, server: Server) -> None:
    with serving(directory, TRUSTED_PROXIES="192.0.2.0/24") as started:
        assert started.request("/healthz?token=", headers={"Authorization": "Bearer "}).status == 404


def test_no_secret_is_shown_when_every_check_fails(directory: Path) -> None:
    """No server listens at these addresses; the libraries' messages would contain the names."""
    port = free_port()
    planted = {
        "DATABASE_URL": f"postgres://planted-user:planted-password@127.0.0.1:{port}/planted-name",
        "CACHE_URL": f"redis://:planted-redis@127.0.0.1:{port}/0",
        "EMAIL_URL": f"smtp://planted-mail:planted-mailpass@127.0.0.1:{port}",
        "MEDIA_ROOT": str(directory / "planted-file" / "media"),
    }
    (directory / "planted-file").write_text("in the way of a directory")
    with serving(directory, **planted) as started:
        assert started.request("/livez").status == 200
        for path in ("/readyz", "/startupz", "/healthz", "/healthz?format=json", "/healthz?format=openmetrics"):
            for accept in ("", "application/json"):
                answer = started.request(path, headers={"Accept": accept})
                assert answer.status == (200 if "openmetrics" in path else 503)
                for secret in ("planted", "127.0.0.1", str(port), "Error", "refused", str(directory)):
                    assert secret not in answer.body, (path, answer.body)
        log = started.log.read_text()
        assert "planted-password" not in log
        assert "planted-redis" not in log


def test_a_pod_without_its_migrations_starts_and_is_not_ready(directory: Path) -> None:
    database = directory / "empty.sqlite3"
    with serving(directory, DATABASE_URL=f"sqlite:///{database}") as started:
        assert [started.request(probe).status for probe in PROBES] == [200, 503, 503]
        managed("migrate", **started.settings)
        wait_until(lambda: {started.request(probe).status for probe in PROBES} == {200}, what="the pod is ready")
