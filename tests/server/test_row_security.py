"""Row security as a deployment has it: two roles, a real server, and PgBouncer in transaction mode between them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.support.commands import manage, managed
from tests.support.pgbouncer import running_pgbouncer
from tests.support.postgresql import PostgreSQL, sql
from tests.support.programs import wait_until
from tests.support.server import Server, serving

pytestmark = [pytest.mark.service("postgresql"), pytest.mark.service("pgbouncer")]
ROLE = "colonnade_pods"
SITES = ("north", "south")


@dataclass
class Deployment:
    postgresql: PostgreSQL
    database: str
    bouncer: int
    #: A PgBouncer with two connections: the lock of a poll holds one.
    wider_bouncer: int

    @property
    def owner(self) -> dict[str, str]:
        return {**self.pods, "MIGRATE_DATABASE_URL": self.postgresql.url(self.database)}

    @property
    def commands(self) -> dict[str, str]:
        url = self.pods["DATABASE_URL"].replace(str(self.bouncer), str(self.wider_bouncer))
        return {**self.pods, "DATABASE_URL": url}

    @property
    def pods(self) -> dict[str, str]:
        url = f"postgres://{ROLE}@127.0.0.1:{self.bouncer}/{self.database}"
        return {"DATABASE_URL": url, "DATABASE_ROW_SECURITY": "true", "PAGE_CACHE_SECONDS": "0"}


@pytest.fixture(scope="module")
def deployment(postgresql: PostgreSQL) -> Iterator[Deployment]:
    with running_pgbouncer(postgresql, ROLE) as port, running_pgbouncer(postgresql, ROLE, connections=2) as wider:
        made = Deployment(postgresql, postgresql.create_database(), port, wider)
        managed("release", **made.owner)
        code = (
            "from app.pages.models import Page; Page.objects.create(title='Home of {0}', path='/', status='published')"
        )
        for site in SITES:
            managed("sites", "add", f"{site}.test", "--name", site, **made.pods)
            managed("shell", f"--site={site}.test", "-c", code.format(site), **made.pods)
        yield made


@pytest.fixture(scope="module")
def server(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), **deployment.pods) as server:
        wait_until(lambda: server.request("/", host="south.test").status == 200, what="the sites are known")
        yield server


def test_requests_for_two_sites_share_one_connection_to_the_database(server: Server) -> None:
    wrong: list[str] = []

    def visit(site: str) -> None:
        other = SITES[1 - SITES.index(site)]
        for _ in range(40):
            response = server.request("/", host=f"{site}.test")
            if response.status != 200 or f"Home of {site}" not in response.body or f"Home of {other}" in response.body:
                wrong.append(f"{site}: {response.status} {response.body[:200]}")

    threads = [threading.Thread(target=visit, args=[site]) for site in SITES * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_the_site_of_a_transaction_is_not_left_for_the_next_client(deployment: Deployment) -> None:
    address = f"host=127.0.0.1 port={deployment.bouncer} user={ROLE} dbname={deployment.database}"
    read = b"SELECT count(*), pg_backend_pid() FROM pages_page"
    one, other = (psycopg.connect(address, autocommit=True, prepare_threshold=None) for _ in range(2))
    with one, other:
        mine = one.execute(b"SELECT set_config('colonnade.site', '*', true); " + read)
        mine.nextset()
        seen, process = mine.fetchone() or (None, None)
        assert (seen, other.execute(read).fetchone()) == (2, (0, process))


def test_commands_work_for_all_sites_that_are_meant_to(deployment: Deployment) -> None:
    new = ("nora", "--site=north.test", "--role=Editor", "--create", "--email=n@x.test", "--password-stdin")
    managed("members", "add", *new, stdin="a long password 4 nora\n", **deployment.commands)
    managed("poll_twitter", **deployment.commands)
    assert "Home of north" in managed("dumpdata", "pages", "--site=north.test", **deployment.commands)
    refused = manage("dumpdata", "pages", "--all", **deployment.commands)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--site=DOMAIN" in refused.stderr


def test_a_pod_whose_role_is_not_bound_does_not_start(deployment: Deployment, tmp_path: Path) -> None:
    owner = deployment.pods | {"DATABASE_URL": deployment.postgresql.url(deployment.database)}

    message = "row security does not bind the database role 'postgres'"
    with pytest.raises(RuntimeError, match=message), serving(tmp_path, **owner):
        pass


def test_an_old_pod_goes_on_as_the_owner(deployment: Deployment, tmp_path: Path) -> None:
    """The release before row security was on, and the one after a rollback."""
    with serving(tmp_path, DATABASE_URL=deployment.postgresql.url(deployment.database)) as server:
        wait_until(lambda: server.request("/", host="south.test").status == 200, what="the sites are known")
        for site in SITES:
            assert f"Home of {site}" in server.request("/", host=f"{site}.test").body


def test_sql_of_the_role_itself_reaches_nothing(deployment: Deployment) -> None:
    url = deployment.postgresql.url(deployment.database).replace("postgres@", f"{ROLE}@")
    assert sql(url, "SELECT count(*) FROM pages_page") == [(0,)]
