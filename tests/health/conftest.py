"""A platform with two sites on a PostgreSQL and a Redis that a test may freeze."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import running

REDIS = shutil.which("redis-server")


@dataclass
class Redis:
    process: subprocess.Popen[bytes]
    url: str

    @contextmanager
    def frozen(self) -> Iterator[None]:
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)


@dataclass
class Platform:
    server: running.Server
    postgresql: running.Postgresql
    redis: Redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    running.require("redis", REDIS)
    port, directory = running.free_port(), tmp_path_factory.mktemp("redis")
    command = [str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "planted-redis"]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
    running.wait_until(lambda: running.accepts(port), "Redis listens")
    yield Redis(process, f"redis://:planted-redis@127.0.0.1:{port}/0")
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Postgresql]:
    # Not below pytest's own directory, which the server's user may not enter.
    directory = Path(running.temporary_directory())
    try:
        with running.postgresql(directory) as started:
            yield started
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def platform(
    postgresql: running.Postgresql, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("platform")
    settings = {
        "DATABASE_URL": postgresql.url(),
        "CACHE_URL": redis.url,
        "SECURE_SSL_REDIRECT": "true",
        "HEALTH_TOKEN": "planted-health-token",
    }
    env = running.settings_of(directory, **settings)
    running.manage("migrate", env=env)
    running.manage("sites", "add", "north.example", env=env)
    with running.server(directory, **settings) as server:
        yield Platform(server, postgresql, redis)
