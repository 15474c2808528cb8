"""A platform with one site on a PostgreSQL and a Redis that a test may freeze."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.commands import managed
from tests.support.databases import made_once, migrated_in, migrated_on
from tests.support.postgresql import PostgreSQL
from tests.support.programs import free_port, program, running
from tests.support.server import IMPATIENT, Server, serving


@dataclass
class Redis:
    process: subprocess.Popen[bytes]
    url: str


@dataclass
class Platform:
    server: Server
    postmaster: int
    database_url: str
    redis: Redis


SITES = ("north.example", "south.example", "east.example")


@pytest.fixture(scope="session")
def database() -> Path:
    """An SQLite database with three sites, created once; each server uses a copy."""

    def make(folder: Path) -> None:
        settings = migrated_in(folder)
        for domain in SITES:
            managed("sites", "add", domain, **settings)

    return made_once("three-sites", make) / "db.sqlite3"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Server]:
    """A server whose limits for slow clients are a few seconds."""
    folder = tmp_path_factory.mktemp("impatient")
    shutil.copy(database, folder)
    with serving(folder, IMPATIENT, WEB_CONCURRENCY=1, WEB_THREADS=2) as started:
        yield started


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    options = {"port": port, "bind": "127.0.0.1", "save": "", "requirepass": "planted-redis", "dir": folder}
    command = [str(program("redis-server"))]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with running(command, port=port, log=folder / "log", what="Redis") as process:
        yield Redis(process, f"redis://:planted-redis@127.0.0.1:{port}/0")


@pytest.fixture(scope="session")
def platform(postgresql: PostgreSQL, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    url = migrated_on(postgresql)
    settings = {
        "DATABASE_URL": url.replace("postgres@", "postgres:planted-password@"),
        "CACHE_URL": redis.url,
        "SECURE_SSL_REDIRECT": "true",
        "HEALTH_TOKEN": "planted-health-token",
    }
    managed("sites", "add", "north.example", **settings)
    assert postgresql.process is not None
    with serving(folder, **settings) as server:
        yield Platform(server, postgresql.process.pid, url, redis)
