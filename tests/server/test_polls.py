"""Polls as processes: killed, two at once, the database taken away. Nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.commands import environment, manage, managed, managing
from tests.support.databases import migrated_in, migrated_on
from tests.support.postgresql import PostgreSQL, sql
from tests.support.programs import PYTHON, ROOT, wait_until
from tests.x_api import World, XServer

SCENE = """
from django.contrib.sites.models import Site
from app.tenancy.current import use_site
from app.twitter.models import Feed
for name in ("north", "south"):
    with use_site(Site.objects.create(domain=name + ".test", name=name)):
        for kind, value in (("user", "nasa"), ("user", "esa"), ("search", "comet")):
            Feed.objects.create(kind=kind, value=value)
"""


class Deployment:
    """A database of its own, the command line, and SQL behind the product's back."""

    def __init__(self, url: str, x: XServer) -> None:
        self.url = url
        self.env = {"DATABASE_URL": url, "TWITTER_API_URL": x.url, "TWITTER_BEARER_TOKEN": "stand-in"}

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def connect(self) -> Any:
        if self.is_sqlite:
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
        return psycopg.connect(self.url, autocommit=True)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection:
            cursor = connection.execute(query)
            return list(cursor.fetchall()) if cursor.description else []

    def tweets(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT feed_id, text FROM twitter_tweet ORDER BY feed_id, text")

    def poll(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return manage("poll_twitter", *arguments, **self.env)

    def polling(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
        return managing("poll_twitter", *arguments, **self.env)

    @contextmanager
    def writes_blocked(self, lock: str) -> Iterator[None]:
        """Blocks every other writer (SQLite), or those that need what `lock` takes (PostgreSQL)."""
        with closing(self.connect()) as connection:
            connection.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            if not self.is_sqlite:
                connection.execute(lock)
            yield
            connection.execute("ROLLBACK")

    def has_waiter(self) -> bool:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return self.is_sqlite or bool(self.sql(waiting))

    def is_being_written(self) -> bool:
        with closing(self.connect()) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.execute("ROLLBACK")
            return False


@pytest.fixture
def x() -> Iterator[XServer]:
    world = World()
    nasa, esa = world.account("nasa"), world.account("esa")
    for number in range(3):
        world.post(nasa, f"Lift-off {number}")
        world.post(esa, f"Comet {number}")
    with XServer(world) as server:
        yield server


def assert_everything_is_there_once(deployment: Deployment) -> None:
    feeds = dict(deployment.sql("SELECT id, value FROM twitter_feed"))
    wanted = {"nasa": "Lift-off", "esa": "Comet", "comet": "Comet"}
    assert len(feeds) == 6
    rows = sorted((feed, f"{wanted[value]} {number}") for feed, value in feeds.items() for number in range(3))
    assert deployment.tweets() == rows


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Databases that are migrated once and copied for each test."""
    return {"folder": str(tmp_path_factory.mktemp("templates"))}


def _prepare(url: str) -> None:
    managed("shell", "-v", "0", "-c", SCENE, DATABASE_URL=url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service("postgresql"))])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, templates: dict[str, str], x: XServer) -> Deployment:
    if request.param == "sqlite":
        template = Path(templates["folder"]) / "db.sqlite3"
        if not template.exists():
            migrated_in(template.parent)
            _prepare(f"sqlite:///{template}")
        shutil.copy(template, tmp_path / "db.sqlite3")
        return Deployment(f"sqlite:///{tmp_path / 'db.sqlite3'}", x)
    server: PostgreSQL = request.getfixturevalue("postgresql")
    if "postgresql" not in templates:
        _prepare(url := migrated_on(server))
        templates["postgresql"] = url.rpartition("/")[2]
    return Deployment(server.url(server.create_database(template=templates["postgresql"])), x)


def test_it_works(deployment: Deployment) -> None:
    done = deployment.poll()

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("poll_twitter: 6 feeds of 6 on 2 sites polled, 0 failed")
    assert_everything_is_there_once(deployment)
    only = deployment.poll("--site=south.test", "--json")
    assert (only.returncode, json.loads(only.stdout)["feeds"]) == (0, 3)
    unknown = deployment.poll("--site=nowhere.test")
    assert unknown.returncode == 2
    assert "nowhere.test" in unknown.stderr


def test_killed_between_fetch_and_store(deployment: Deployment, x: XServer) -> None:
    held = x.inject("max_results", hold=True)
    with deployment.polling() as process:
        held.received.wait()
        with deployment.writes_blocked("LOCK TABLE twitter_tweet IN ACCESS EXCLUSIVE MODE"):
            held.release.set()
            wait_until(lambda: any(r.status == 200 and "max_results" in r.params for r in x.requests))
            wait_until(deployment.has_waiter)
            process.kill()
            process.wait()
    assert deployment.tweets() == []

    assert deployment.poll().returncode == 0
    assert_everything_is_there_once(deployment)


def test_killed_during_store(deployment: Deployment) -> None:
    if deployment.is_sqlite:
        endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000000000) SELECT x FROM c"
        slow = f"CREATE TRIGGER slow AFTER INSERT ON twitter_tweet BEGIN SELECT count(*) FROM ({endless}); END"  # noqa: S608
        deployment.sql(slow)
        with deployment.polling() as process:
            # The trigger holds the transaction open; whatever else is written before it is short.
            wait_until(lambda: all(deployment.is_being_written() for _ in range(200)))
            process.kill()
            process.wait()
        deployment.sql("DROP TRIGGER slow")
    else:
        # The trigger waits for a lock that the test holds, with posts inserted and not committed.
        deployment.sql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$"
        )
        deployment.sql("CREATE TRIGGER slow AFTER INSERT ON twitter_tweet EXECUTE FUNCTION slow()")
        with deployment.writes_blocked("SELECT pg_advisory_xact_lock(7)"), deployment.polling() as process:
            wait_until(deployment.has_waiter)
            process.kill()
            process.wait()
        wait_until(
            lambda: (
                not deployment.sql(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        )
        deployment.sql("DROP TRIGGER slow ON twitter_tweet")
    assert deployment.tweets() == []
    assert deployment.sql("SELECT 1 FROM twitter_feed WHERE succeeded_at IS NOT NULL") == []

    assert deployment.poll().returncode == 0
    assert_everything_is_there_once(deployment)


def test_second_poll_finds_the_first_running(deployment: Deployment, x: XServer) -> None:
    held = x.inject("max_results", hold=True)
    with deployment.polling() as process:
        held.received.wait()
        requests = len(x.requests)
        # Side by side: the first one waits ten seconds for its response.
        with deployment.polling() as scheduled, deployment.polling("--site=north.test", "--json") as manual:
            second, other = scheduled.communicate()[0], manual.communicate()[0]
        assert len(x.requests) == requests
        held.release.set()
        output, _ = process.communicate()

    assert (scheduled.returncode, second) == (0, "poll_twitter: another poll is running; nothing done.\n")
    assert (manual.returncode, json.loads(other)["running"]) == (0, True)
    assert process.returncode == 0
    assert "6 feeds of 6" in output
    assert_everything_is_there_once(deployment)


def test_two_polls_started_together(deployment: Deployment) -> None:
    with deployment.polling() as one, deployment.polling() as other:
        lines = [process.communicate()[0].splitlines()[-1] for process in (one, other)]

    assert [one.returncode, other.returncode] == [0, 0]
    assert any("6 feeds of 6" in line for line in lines)
    assert_everything_is_there_once(deployment)


def test_database_that_loses_a_table_is_status_2(deployment: Deployment, x: XServer) -> None:
    held = x.inject("max_results", hold=True)
    with deployment.polling() as process:
        held.received.wait()
        deployment.sql("ALTER TABLE twitter_tweet RENAME TO away")
        held.release.set()
        output, errors = process.communicate()
    deployment.sql("ALTER TABLE away RENAME TO twitter_tweet")

    assert process.returncode == 2
    assert output.splitlines()[-1].startswith("poll_twitter: The database cannot be used")
    assert "Traceback" not in output + errors
    assert deployment.poll().returncode == 0
    assert_everything_is_there_once(deployment)


@pytest.mark.service("postgresql")
@pytest.mark.parametrize("deployment", ["postgresql"], indirect=True)
def test_database_server_gone_half_way_is_status_2(deployment: Deployment, x: XServer, postgresql: PostgreSQL) -> None:
    name = deployment.url.rpartition("/")[2]
    held = x.inject("max_results", hold=True)
    with deployment.polling() as process:
        held.received.wait()
        sql(postgresql.url(), f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        sql(postgresql.url(), f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
        held.release.set()
        output, errors = process.communicate()
    away = deployment.poll("--json")
    sql(postgresql.url(), f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    assert process.returncode == 2
    assert output.splitlines()[-1].startswith("poll_twitter: The database cannot be used")
    assert "Traceback" not in output + errors
    assert (away.returncode, json.loads(away.stdout)["exit_code"]) == (2, 2)
    assert deployment.poll().returncode == 0
    assert_everything_is_there_once(deployment)


def test_stand_in_runs_a_command_of_its_own(tmp_path: Path) -> None:
    url = migrated_in(tmp_path)["DATABASE_URL"]
    _prepare(url)

    command = [PYTHON, "-m", "tests.x_api", "--", PYTHON, "manage.py", "poll_twitter"]
    env = environment(DATABASE_URL=url)
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "made up" in done.stdout
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as connection:
        texts = [text for (text,) in connection.execute("SELECT text FROM twitter_tweet")]
    assert texts
    assert all("made up" in text.lower() for text in texts)
