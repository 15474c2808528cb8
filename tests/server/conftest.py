"""A platform with one site on a PostgreSQL and a Redis that a test may freeze."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import services
from tests.server import running


@dataclass
class Redis:
    process: subprocess.Popen[bytes]
    url: str


@dataclass
class Platform:
    server: running.Server
    postmaster: int
    database_url: str
    redis: Redis


SITES = ("north.example", "south.example", "east.example")


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with three sites, made once; each server takes a copy."""
    folder = tmp_path_factory.mktemp("database")
    running.manage("migrate", **running.at(folder))
    for domain in SITES:
        running.manage("sites", "add", domain, **running.at(folder))
    return folder / "db.sqlite3"


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    port, folder = services.free_port(), tmp_path_factory.mktemp("redis")
    options = {"port": port, "bind": "127.0.0.1", "save": "", "requirepass": "planted-redis", "dir": folder}
    command = [str(services.program("redis-server"))]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with services.running(command, port=port, log=folder / "log", what="Redis") as process:
        yield Redis(process, f"redis://:planted-redis@127.0.0.1:{port}/0")


@pytest.fixture(scope="session")
def platform(
    postgresql: services.PostgreSQL, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    name = folder.name.replace("-", "_")
    running.sql(postgresql.url(), f"CREATE DATABASE {name}")
    settings = {
        "DATABASE_URL": postgresql.url(name).replace("postgres@", "postgres:planted-password@"),
        "CACHE_URL": redis.url,
        "SECURE_SSL_REDIRECT": "true",
        "HEALTH_TOKEN": "planted-health-token",
    }
    running.manage("migrate", **settings)
    running.manage("sites", "add", "north.example", **settings)
    assert postgresql.process is not None
    with running.server(folder, **settings) as server:
        yield Platform(server, postgresql.process.pid, postgresql.url(name), redis)
