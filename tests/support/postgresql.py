"""A PostgreSQL server of the tests' own: trust authentication, loopback only, no fsync."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.support.programs import children_of, free_port, program, send_signal, wait_until

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "unix_socket_directories": "",
    "max_connections": "100",
}


class PostgreSQL:
    """A server in `folder`: `make` it once, then `start` and `stop` it as often as a test likes."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder, self.port, self.options = folder, free_port(), {**OPTIONS, **options}
        self.process: subprocess.Popen[bytes] | None = None
        self._made: dict[str, str] = {}

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        command = [str(program("initdb")), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run([*command, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, **_as_postgres())

    def start(self) -> None:
        command = [str(program("postgres")), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_postgres())
        wait_until(self._is_ready, what="PostgreSQL accepts connections")

    def signal(self, number: signal.Signals) -> None:
        """To every process of the server: with the postmaster alone stopped, its backends would go on."""
        assert self.process is not None
        send_signal([self.process.pid, *children_of(self.process.pid)], number)

    def stop(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            self.process.wait(30)
            self.process = None

    def create_database(self, *, template: str = "template1") -> str:
        """A new database; its name."""
        name = f"test_{uuid4().hex[:12]}"
        sql(self.url(), f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def made_once(self, name: str, make: Callable[[str], object]) -> str:
        """The database of this server that `make` fills, given its URL, when it is first asked for; to be copied."""
        if name not in self._made:
            made = self.create_database()
            make(self.url(made))
            self._made[name] = made
        return self._made[name]

    def _is_ready(self) -> bool:
        command = [str(program("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return subprocess.run(command, check=False).returncode == 0


def _as_postgres() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}


@contextmanager
def made_postgresql(**options: str) -> Iterator[PostgreSQL]:
    """A server that is made and not started, in a folder of its own; stopped and removed afterwards.

    The folder is not one of pytest's: those are removed by the user's next pytest run but two, even in use.
    `options` are settings of the server; they replace those of `OPTIONS`.
    """
    with tempfile.TemporaryDirectory(prefix="colonnade-postgresql-") as folder:
        server = PostgreSQL(Path(folder), **options)
        server.make()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def running_postgresql(**options: str) -> Iterator[PostgreSQL]:
    with made_postgresql(**options) as server:
        server.start()
        yield server


def with_row_security(url: str) -> dict[str, str]:
    """The environment of a run with row security: the tests connect as a role that the owner creates."""
    login = url.partition("://")[2].rpartition("@")[0]
    pods = url.replace(f"{login}@", "colonnade_test_pods:row-security@", 1)
    return {"DATABASE_URL": pods, "MIGRATE_DATABASE_URL": url, "DATABASE_ROW_SECURITY": "true"}


def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Runs one statement, outside a transaction; its rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
