"""Work on one site does not stop the poll of the others, nor of itself with the next run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.commands import manage, managed
from tests.support.databases import migrated_in, migrated_on
from tests.support.postgresql import PostgreSQL
from tests.x_api import World, XServer

pytestmark = pytest.mark.process

FEEDS = """
from django.contrib.sites.models import Site
from app.tenancy.current import use_site
from app.twitter.models import Feed
for name in ("north", "south"):
    with use_site(Site.objects.get(domain=f"{name}.test")):
        Feed.objects.create(kind="user", value="nasa")
        Feed.objects.create(kind="user", value=name)
"""
TWEETS = """
from app.twitter.models import Tweet
print(*sorted(f"{t.site.domain}:{t.author_username}" for t in Tweet.all_sites.select_related("site")))
"""
SITE_LOCK = b"""
UPDATE tenancy_siteprofile SET content_version = content_version + 1 WHERE key = 'north';
UPDATE twitter_feed SET active = active WHERE value = 'north'
"""


@pytest.fixture
def x() -> Iterator[XServer]:
    world = World()
    for name in ("nasa", "north", "south"):
        world.post(world.account(name), f"News of {name}")
    with XServer(world) as server:
        yield server


def prepare(url: str, x: XServer) -> dict[str, str]:
    """Sites and feeds in a migrated database."""
    settings = {"DATABASE_URL": url, "TWITTER_API_URL": x.url, "TWITTER_BEARER_TOKEN": "stand-in"}
    for name in ("north", "south"):
        managed("sites", "add", f"{name}.test", f"--name={name}", f"--key={name}", **settings)
    managed("shell", "-v0", "-c", FEEDS, **settings)
    return settings


def poll(settings: dict[str, str]) -> dict[str, Any]:
    done = manage("poll_twitter", "--json", **settings)
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    return report


def stored(settings: dict[str, str]) -> list[str]:
    return managed("shell", "-v0", "-c", TWEETS, **settings).split()


EVERYTHING = ["north.test:nasa", "north.test:north", "south.test:nasa", "south.test:south"]


@pytest.mark.service("postgresql")
@pytest.mark.parametrize(
    ("lock", "waiting"),
    [(SITE_LOCK, 2), (b"LOCK TABLE twitter_tweet IN SHARE ROW EXCLUSIVE MODE", 4)],
    ids=["a site's long transaction", "a lock of another kind"],
)
def test_locked_site_waits_on_postgresql(lock: bytes, waiting: int, postgresql: PostgreSQL, x: XServer) -> None:
    url = migrated_on(postgresql)
    settings = prepare(url, x)
    with psycopg.connect(url) as connection:
        connection.execute(lock)

        report = poll(settings)

        assert (report["exit_code"], report["skipped"], report["polled"]) == (0, waiting, 4 - waiting)
        assert "Other work on the site holds its lock" in report["summary"]
        assert report["posts_read"] == 3
        connection.rollback()
    assert stored(settings) == (EVERYTHING[2:] if waiting == 2 else [])

    report = poll(settings)

    assert (report["exit_code"], report["skipped"]) == (0, 0)
    assert stored(settings) == EVERYTHING


def test_locked_database_waits_on_sqlite(tmp_path: Path, x: XServer) -> None:
    file = tmp_path / "db.sqlite3"
    settings = prepare(f"{migrated_in(tmp_path)['DATABASE_URL']}?timeout=1", x)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")

        report = poll(settings)

        connection.execute("ROLLBACK")
    assert (report["exit_code"], report["skipped"], report["polled"]) == (0, 4, 0)
    assert "Other work on the site holds its lock" in report["summary"]

    report = poll(settings)

    assert (report["exit_code"], report["skipped"]) == (0, 0)
    assert stored(settings) == EVERYTHING
