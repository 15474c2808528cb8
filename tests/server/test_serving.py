"""The real server: gunicorn with its workers, asked over sockets while sites and the database come and go."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests import services

REFRESH = 0.5
WORKERS = 3


def ask(port: int, host: str, path: str = "/", method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def statuses(port: int, host: str, times: int = 24) -> set[int]:
    """What many new connections get: enough of them that every worker is among those that answer."""
    return {ask(port, host)[0].status for _ in range(times)}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('serving') / 'db.sqlite3'}"
    assert services.manage("migrate", "-v0", DATABASE_URL=url).returncode == 0
    assert services.manage("demo", DATABASE_URL=url).returncode == 0
    return url


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[int]:
    env = {"DATABASE_URL": database, "SITES_REFRESH_SECONDS": REFRESH, "WEB_CONCURRENCY": WORKERS}
    with services.gunicorn(tmp_path_factory.mktemp("gunicorn"), **env) as port:
        yield port


def within(seconds: float, check: Callable[[], bool], what: str) -> None:
    services.wait_until(check, seconds=seconds, what=what)


def test_it_works(port: int) -> None:
    north, south = ask(port, "north.localhost")[1], ask(port, "south.localhost:8000")[1]
    assert b"North Valley School" in north
    assert b"South Quarter Gazette" in south
    assert b"South Quarter Gazette" in ask(port, "internal", X_Forwarded_Host="south.localhost")[1]
    assert ask(port, "north.localhost", X_Forwarded_Host="south.localhost")[0].status == 400
    response, _ = ask(port, "www.north.localhost", "/about/?a=1")
    assert (response.status, response.headers["Location"]) == (301, "http://north.localhost/about/?a=1")
    assert ask(port, "nowhere.test")[0].status == 404


def test_a_site_that_is_added_is_served_by_every_worker_without_a_restart(port: int, database: str) -> None:
    assert statuses(port, "east.test") == {404}
    made = services.manage("sites", "add", "east.test", "--name", "East", "--json", DATABASE_URL=database)
    began = time.monotonic()
    site = json.loads(made.stdout)["id"]
    time.sleep(max(0.0, REFRESH + 1 - (time.monotonic() - began)))
    seen = {ask(port, "east.test", "/admin/login/")[0].headers["X-Site-Id"] for _ in range(24)}
    assert seen == {str(site)}
    services.manage("sites", "suspend", "east.test", DATABASE_URL=database)
    within(REFRESH + 1, lambda: statuses(port, "east.test") == {503}, "the suspension")


@pytest.mark.parametrize(
    "lines",
    [
        ["Host: north.localhost", "X-Forwarded-Host: south.localhost", "X-Forwarded-Host: north.localhost"],
        ["Host: north.localhost", "Host: south.localhost"],
        ["Host: north.localhost", "X_Forwarded_Host: south.localhost"],
        ["Host: north.localhost", "X-Forwarded-Host: north.localhost, south.localhost"],
        ["Host: north.localhost", "SCRIPT_NAME: /about"],
        ["Host: \x00north.localhost"],
        ["Host: north.localhost\x01"],
        ["Host: n\xc3\xb6rth.localhost"],
        ["Host:"],
        [],
    ],
)
def test_odd_headers_never_bring_another_sites_page_or_a_500(port: int, lines: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        request = "\r\n".join(["GET / HTTP/1.1", *lines, "Connection: close", "", ""])
        raw.sendall(request.encode("latin-1"))
        answer = b""
        while chunk := raw.recv(65536):
            answer += chunk
    status = int(answer.split()[1]) if answer else 400
    assert status in {200, 400, 404}
    assert b"South Quarter Gazette" not in answer


@pytest.mark.service("postgresql")
def test_known_hosts_resolve_while_the_database_is_away(tmp_path: Path, postgresql: services.PostgreSQL) -> None:
    url = postgresql.url()
    assert services.manage("migrate", "-v0", DATABASE_URL=url).returncode == 0
    assert services.manage("demo", DATABASE_URL=url).returncode == 0
    env = {"DATABASE_URL": url, "SITES_REFRESH_SECONDS": REFRESH, "WEB_CONCURRENCY": 2}
    with services.gunicorn(tmp_path, **env) as port:
        assert ask(port, "north.localhost")[0].status == 200
        postgresql.signal(signal.SIGSTOP)
        try:
            time.sleep(REFRESH * 3)  # several looks at the epoch come to nothing
            for _ in range(8):
                response, _ = ask(port, "www.north.localhost", "/about/")
                assert (response.status, response.headers["Location"]) == (301, "http://north.localhost/about/")
                assert ask(port, "nowhere.test")[0].status == 404
        finally:
            postgresql.signal(signal.SIGCONT)
        postgresql.stop()
        response, _ = ask(port, "www.south.localhost", "/market/")
        assert response.headers["Location"] == "http://south.localhost/market/"
        postgresql.start()
        within(30, lambda: ask(port, "north.localhost")[0].status == 200, "the return of the pages")
        services.manage("sites", "add", "back.test", DATABASE_URL=url)
        within(40, lambda: ask(port, "back.test", "/admin/login/")[0].status == 200, "the return of the directory")


def test_static_files_are_served_compressed(port: int) -> None:
    response, body = ask(port, "north.localhost", "/static/portico/portico.css")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/css")
    assert b"--accent" in body
