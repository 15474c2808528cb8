"""The page cache in the real server: several workers on PostgreSQL."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import demo_on
from tests.support.postgresql import PostgreSQL, sql
from tests.support.programs import wait_until
from tests.support.server import Server, serving

pytestmark = [pytest.mark.service("postgresql")]
REFRESH = 0.2
HOST = "north.localhost"
CHANGE = """
BEGIN;
UPDATE pages_page SET title = '{title}' WHERE path = '/about/'
    AND site_id = (SELECT id FROM django_site WHERE domain = 'north.localhost');
UPDATE tenancy_siteprofile SET content_version = content_version + 1
    WHERE site_id = (SELECT id FROM django_site WHERE domain = 'north.localhost');
COMMIT
"""


@pytest.fixture(scope="module")
def url(postgresql: PostgreSQL) -> str:
    return demo_on(postgresql)


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, DATABASE_URL=url, SITES_REFRESH_SECONDS=REFRESH, WEB_CONCURRENCY=2) as server:
        yield server


def found(server: Server, path: str = "/about/", host: str = HOST) -> str:
    return (server.request(path, host=host).headers["Cache-Status"] or "").removeprefix("colonnade; ")


def titles(server: Server) -> set[str]:
    """Of the page, on enough connections to reach every worker."""
    bodies = [server.request("/about/", host=HOST).body for _ in range(16)]
    return {body.partition("<h1>")[2].partition("</h1>")[0] for body in bodies}


def fill(server: Server) -> None:
    wait_until(lambda: {found(server) for _ in range(16)} == {"hit"}, what="every worker has the page")


def test_a_change_is_soon_seen_in_every_worker_and_on_no_other_site(server: Server, url: str) -> None:
    fill(server)
    found(server, "/", "south.localhost")
    before = server.metrics()
    for number in range(3):
        sql(url, CHANGE.format(title=f"Title {number}"))
        wanted = {f"Title {number}"}
        wait_until(lambda: titles(server) == wanted, what="every worker serves the new text")  # noqa: B023
    server.request("/livez")
    after = server.metrics()
    hits = 'colonnade_page_cache_total{result="hit"}'
    assert after[hits] > before[hits]
    assert after["colonnade_directory_loads_total"] == before["colonnade_directory_loads_total"]


def test_without_the_database_stored_pages_are_served(url: str, tmp_path: Path, postgresql: PostgreSQL) -> None:
    with serving(tmp_path, DATABASE_URL=url, WEB_CONCURRENCY=1) as server:
        fill(server)
        postgresql.signal(signal.SIGSTOP)
        try:
            assert {found(server) for _ in range(16)} == {"hit"}
        finally:
            postgresql.signal(signal.SIGCONT)


def test_connections_are_kept(server: Server, url: str) -> None:
    """On the settings that a deployment gets: a hundred pages that nobody stored need no hundred connections."""
    sessions = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
    sql(url, "SELECT pg_stat_reset()")
    for number in range(100):
        assert server.request(f"/missing-{number}/", host=HOST).status == 404
    ((opened,),) = sql(url, sessions)
    assert opened <= 20, "two workers, four threads each, the watchers and this test"
