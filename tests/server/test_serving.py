"""The real server, gunicorn with its workers, while sites and the database change."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.commands import manage
from tests.support.databases import demo_in, demo_on
from tests.support.http import exchange, request
from tests.support.postgresql import PostgreSQL
from tests.support.programs import wait_until
from tests.support.server import serving

SOUTH = "South Quarter Gazette</title>"  # the sites of the demo link to each other
REFRESH = 0.5
WORKERS = 3


def statuses(port: int, host: str, times: int = 24) -> set[int]:
    """The statuses on many new connections: enough of them to reach every worker."""
    return {request(port, host=host).status for _ in range(times)}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return demo_in(tmp_path_factory.mktemp("serving"))["DATABASE_URL"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[int]:
    env = {"DATABASE_URL": database, "SITES_REFRESH_SECONDS": REFRESH, "WEB_CONCURRENCY": WORKERS}
    with serving(tmp_path_factory.mktemp("gunicorn"), **env) as server:
        yield server.port


def within(seconds: float, check: Callable[[], bool], what: str) -> None:
    wait_until(check, seconds=seconds, what=what)


def test_it_works(port: int) -> None:
    assert "North Valley School" in request(port, host="north.localhost").body
    assert SOUTH in request(port, host="south.localhost:8000").body
    forwarded = {"X-Forwarded-Host": "south.localhost"}
    assert SOUTH in request(port, host="internal", headers=forwarded).body
    assert request(port, host="north.localhost", headers=forwarded).status == 400
    response = request(port, "/about/?a=1", host="www.north.localhost")
    assert (response.status, response.headers["Location"]) == (301, "http://north.localhost/about/?a=1")
    assert request(port, host="nowhere.test").status == 404


def test_a_site_that_is_added_is_served_by_every_worker_without_a_restart(port: int, database: str) -> None:
    assert statuses(port, "east.test") == {404}
    made = manage("sites", "add", "east.test", "--name", "East", "--json", DATABASE_URL=database)
    began = time.monotonic()
    site = json.loads(made.stdout)["id"]
    time.sleep(max(0.0, REFRESH + 1 - (time.monotonic() - began)))
    seen = {request(port, "/admin/login/", host="east.test").headers["X-Site-Id"] for _ in range(24)}
    assert seen == {str(site)}
    manage("sites", "suspend", "east.test", DATABASE_URL=database)
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
    response = exchange(port, "\n".join(["GET / HTTP/1.1", *lines, "Connection: close"]))
    assert response.status in {0, 200, 400, 404}
    assert SOUTH not in response.body


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /about", "PATH_INFO: /"])
def test_a_header_never_changes_the_address_of_a_page(port: int, header: str) -> None:
    """Not even from a peer that gunicorn trusts, as it does loopback."""
    lines = ["GET /about/ HTTP/1.1", "Host: north.localhost", header, "Connection: close"]
    plain = exchange(port, "\n".join(line for line in lines if line != header))
    assert "<h1>About us</h1>" in plain.body
    assert exchange(port, "\n".join(lines)).body == plain.body


@pytest.mark.service("postgresql")
def test_known_hosts_resolve_while_the_database_is_away(tmp_path: Path, postgresql: PostgreSQL) -> None:
    url = demo_on(postgresql)
    env = {"DATABASE_URL": url, "SITES_REFRESH_SECONDS": REFRESH, "WEB_CONCURRENCY": 2}
    with serving(tmp_path, **env) as server:
        port = server.port
        assert request(port, host="north.localhost").status == 200
        postgresql.signal(signal.SIGSTOP)
        try:
            time.sleep(REFRESH * 3)  # several reads of the epoch fail
            for _ in range(8):
                response = request(port, "/about/", host="www.north.localhost")
                assert (response.status, response.headers["Location"]) == (301, "http://north.localhost/about/")
                assert request(port, host="nowhere.test").status == 404
        finally:
            postgresql.signal(signal.SIGCONT)
        postgresql.stop()
        response = request(port, "/market/", host="www.south.localhost")
        assert response.headers["Location"] == "http://south.localhost/market/"
        postgresql.start()
        within(30, lambda: request(port, host="north.localhost").status == 200, "the return of the pages")
        manage("sites", "add", "back.test", DATABASE_URL=url)
        within(
            40, lambda: request(port, "/admin/login/", host="back.test").status == 200, "the return of the directory"
        )


def test_static_files_are_served_compressed(port: int) -> None:
    response = request(port, "/static/portico/portico.css", host="north.localhost")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/css")
    assert "--accent" in response.body


def test_a_trusted_peer_cannot_choose_the_path(port: int) -> None:
    """gunicorn would take SCRIPT_NAME from a header; the page would then be another one than a proxy sees."""
    head = "GET /about/ HTTP/1.1\nHost: north.localhost\nSCRIPT_NAME: /about\nPATH_INFO: /\nConnection: close\n\n"
    plain = "GET /about/ HTTP/1.1\nHost: north.localhost\nConnection: close\n\n"
    assert exchange(port, head).body == exchange(port, plain).body
