"""The rate limit counts for all workers together: in the database, or in the Redis that they share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile

import pytest
import requests

from tests.server.conftest import Redis
from tests.support.commands import managed
from tests.support.server import Server, serving, settings_in

PASSWORD = "a long enough one for a test"
ACCOUNT = ("members", "add", "ida", "--site=north.example", "--role=Editor", "--create", "--password-stdin")


def sign_in(server: Server, password: str) -> int:
    session, address = requests.Session(), f"http://127.0.0.1:{server.port}/admin/login/"
    session.headers["Host"] = "north.example"
    session.get(address, timeout=20)
    sent = {"username": "ida", "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(address, sent, allow_redirects=False, timeout=20).status_code


def check(server: Server, **settings: str) -> None:
    """Forty wrong passwords, many at the same moment: exactly five of them are checked."""
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: sign_in(server, f"wrong {number}"), range(40)))
    assert sorted(statuses) == [200] * 5 + [429] * 35
    assert sign_in(server, PASSWORD) == 429
    managed("people", "unlock", "ida", **settings)
    assert sign_in(server, PASSWORD) == 302


@pytest.fixture
def settings(database: Path, tmp_path: Path) -> dict[str, str]:
    copyfile(database, tmp_path / "db.sqlite3")
    settings = settings_in(tmp_path)
    managed(*ACCOUNT, stdin=PASSWORD, **settings)
    return settings


def test_two_workers_without_redis(settings: dict[str, str], tmp_path: Path) -> None:
    with serving(tmp_path, WEB_CONCURRENCY=2, **settings) as server:
        check(server, **settings)


@pytest.mark.service("redis")
def test_two_workers_with_redis(settings: dict[str, str], tmp_path: Path, redis: Redis) -> None:
    shared = {**settings, "CACHE_URL": redis.url}
    with serving(tmp_path, WEB_CONCURRENCY=2, **shared) as server:
        check(server, **shared)
