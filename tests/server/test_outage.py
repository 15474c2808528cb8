"""PostgreSQL restarts, loses its connections or becomes read-only while pages are requested."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.support.commands import managed
from tests.support.postgresql import PostgreSQL, made_postgresql, sql
from tests.support.programs import frozen, wait_until
from tests.support.server import Server, serving

pytestmark = pytest.mark.service("postgresql")
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'site' AND pid <> pg_backend_pid()"


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgreSQL, Server]]:
    with made_postgresql() as postgresql:
        postgresql.start()
        sql(postgresql.url(), "CREATE DATABASE site")
        url = postgresql.url("site")
        managed("migrate", "-v0", DATABASE_URL=url)
        managed("demo", DATABASE_URL=url)
        with serving(tmp_path_factory.mktemp("outage"), DATABASE_URL=url) as server:
            yield postgresql, server


@contextmanager
def visitors(server: Server, headers: dict[str, str] | None = None) -> Iterator[Counter[int]]:
    """Four that request pages until the end."""
    over, statuses = threading.Event(), Counter[int]()

    def visit() -> None:
        while not over.is_set():
            statuses[server.request("/about/", host="north.localhost", headers=headers or {}).status] += 1

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: statuses[200] > 20, what="pages are served")
        yield statuses
        served = statuses[200]
        wait_until(lambda: statuses[200] > served + 40, what="pages are served again")
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("headers", [{}, {"Cookie": f"sessionid={'x' * 32}"}])
def test_pages_while_the_server_restarts_are_never_an_error(
    outage: tuple[PostgreSQL, Server], headers: dict[str, str]
) -> None:
    postgresql, server = outage
    with visitors(server, headers) as statuses:
        for _ in range(3):
            postgresql.stop()
            postgresql.start()
    print(f"three restarts: {dict(statuses)}")
    assert set(statuses) <= {200, 503}
    assert "Traceback" not in server.log.read_text()


def test_pages_whose_connections_are_ended_are_served(outage: tuple[PostgreSQL, Server]) -> None:
    postgresql, server = outage
    with visitors(server) as statuses:
        for _ in range(200):
            sql(postgresql.url(), TERMINATE)
    print(f"200 times all connections ended: {dict(statuses)}")
    assert set(statuses) <= {200, 503}
    assert "Traceback" not in server.log.read_text()


def test_what_needs_no_database_is_served_while_the_server_hangs(outage: tuple[PostgreSQL, Server]) -> None:
    postgresql, server = outage
    assert postgresql.process is not None
    stylesheet = re.search(r'href="(/static/[^"]+)"', server.request("/about/", host="north.localhost").body)
    assert stylesheet is not None
    # Each worker has the page and what the middlewares add to each kind of response.
    wanted = {("north.localhost", "/about/"): 200, ("north.localhost", stylesheet[1]): 200, ("x.invalid", "/"): 404}
    for host, path in [*wanted] * 20:
        server.request(path, host=host)
    from_database = {"Authorization": "Bearer of-nobody"}

    def visit(_: int) -> int:
        return server.request("/about/", host="north.localhost", headers=from_database).status

    with ThreadPoolExecutor(24) as others:  # twice the number of threads, and more
        with frozen(postgresql.process.pid, with_children=True):
            waiting = [others.submit(visit, number) for number in range(24)]
            statuses = [(key, server.request(key[1], host=key[0], timeout=10).status) for key in [*wanted] * 10]
            assert not any(future.done() for future in waiting)
        assert {future.result() for future in waiting} == {200}
    assert dict(statuses) == wanted
    assert len(set(statuses)) == len(wanted)


def test_a_database_that_accepts_no_changes(outage: tuple[PostgreSQL, Server]) -> None:
    postgresql, server = outage
    try:
        sql(postgresql.url(), "ALTER DATABASE site SET default_transaction_read_only = on")
        sql(postgresql.url(), TERMINATE)
        unready = server.request("/readyz")
        assert (unready.status, unready.body) == (503, "unavailable\ndatabase: read-only\n")
        assert server.request("/about/", host="north.localhost").status == 200
    finally:
        sql(postgresql.url(), "ALTER DATABASE site SET default_transaction_read_only = off")
        sql(postgresql.url(), TERMINATE)
    wait_until(lambda: server.request("/readyz").status == 200, what="the pod is ready again")
