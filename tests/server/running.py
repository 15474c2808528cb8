"""The product's server as in production, asked over HTTP, and the servers that it leans on, stopped short."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests import services

NO_HEADERS: Mapping[str, str] = {}
WORKERS = 2


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str
    seconds: float


def ask(
    port: int,
    path: str,
    method: str = "GET",
    host: str = "",
    timeout: float = 60,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Answer:
    """One request on a connection of its own."""
    sent = {**headers, "Host": host} if host else dict(headers)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    started = time.perf_counter()
    try:
        connection.request(method, path, headers=sent)
        response = connection.getresponse()
        body = response.read().decode()
    finally:
        connection.close()
    return Answer(response.status, dict(response.getheaders()), body, time.perf_counter() - started)


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    metrics_port: int
    log: Path
    settings: dict[str, str]

    def ask(
        self,
        path: str,
        method: str = "GET",
        host: str = "",
        timeout: float = 60,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        return ask(self.port, path, method, host, timeout, headers)

    def figures(self) -> dict[str, float]:
        """Every sample of the metrics port by its name and labels."""
        lines = ask(self.metrics_port, "/metrics").body.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def workers(self) -> list[int]:
        return children_of(self.process.pid)

    def serves(self) -> bool:
        """With all of its workers."""
        wanted = int(self.settings.get("WEB_CONCURRENCY", WORKERS))
        return services.answers(self.port) and len(self.workers()) == wanted and self.ask("/livez").status == 200


@contextmanager
def server(folder: Path, **settings: str) -> Iterator[Server]:
    port, metrics_port = services.free_port(), services.free_port()
    beside = {"BIND": f"127.0.0.1:{port}", "METRICS_PORT": str(metrics_port), "LOG_FORMAT": "json"}
    values = beside | at(folder) | settings
    command = [services.PYTHON, "-m", "gunicorn", "-c", "docker/gunicorn.conf.py", "app.wsgi:application"]
    log = folder / "gunicorn.log"
    with services.running(command, port=port, env=services.environment(**values), log=log) as process:
        started = Server(process, port, metrics_port, log, values)
        services.wait_until(started.serves, what="all workers serve")
        yield started


def at(folder: Path) -> dict[str, str]:
    """Settings that keep what a server stores in the test's own folder."""
    return {"DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}", "MEDIA_ROOT": str(folder / "media")}


def manage(*arguments: str, **settings: str) -> str:
    done = services.manage(*arguments, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def frozen(pid: int, *, with_children: bool = False) -> Iterator[None]:
    """A program that hangs: the kernel accepts connections for it, and nobody ever answers."""
    # The parent first: it can then start no child that would be missed.
    send([pid], signal.SIGSTOP)
    pids = [pid, *children_of(pid)] if with_children else [pid]
    send(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        send(reversed(pids), signal.SIGCONT)


def send(pids: Iterator[int] | list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a session that ended meanwhile
            os.kill(pid, number)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def without_table(database: Path, table: str) -> Iterator[None]:
    """Every question about the table fails for as long as this lasts."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            connection.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
