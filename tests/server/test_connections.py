"""Database connections of the server: each thread keeps its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.databases import demo_on
from tests.support.http import request
from tests.support.postgresql import PostgreSQL, sql
from tests.support.server import serving

WORKERS, THREADS, PAGES = 2, 4, 50


@pytest.mark.service("postgresql")
def test_connections_are_kept(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = demo_on(postgresql)
    name = url.rpartition("/")[2]
    for change in ("ALTER SYSTEM SET log_connections = on", "SELECT pg_reload_conf()"):
        sql(postgresql.url(), change)
    with serving(tmp_path, DATABASE_URL=url, WEB_CONCURRENCY=WORKERS, WEB_THREADS=THREADS) as server:
        before = opened(postgresql, name)
        with ThreadPoolExecutor(WORKERS * THREADS) as clients:
            pages = clients.map(lambda _: request(server.port, host="north.localhost").status, range(PAGES))
            assert set(pages) == {200}
        assert 0 < opened(postgresql, name) - before <= WORKERS * THREADS + 2
        used = sql(postgresql.url(), "SELECT datname FROM pg_stat_activity").count((name,))
        assert 0 < used <= WORKERS * THREADS + 2


def opened(server: PostgreSQL, database: str) -> int:
    """How many connections to the database the server's log counts."""
    return (server.folder / "log").read_text().count(f"connection authorized: user=postgres database={database}")
