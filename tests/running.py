"""Starts the real programs that a test needs, on loopback, and ends each by its pid."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def require(program: str, found: object) -> None:
    """Skips without the program; where REQUIRE_SERVICES is set its absence is a fault."""
    if found:
        return
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(f"{program} is not installed")
    pytest.skip(f"{program} is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Asks again and again for what another process is about to do; that it never does so is the fault."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Never happened: {what}")
        threading.Event().wait(0.02)


def accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str
    seconds: float


def ask(port: int, path: str, method: str = "GET", host: str = "", timeout: float = 60, **headers: str) -> Answer:
    """One request on a connection of its own. Header names are given with underscores."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if host:
        sent["Host"] = host
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
class Postgresql:
    port: int
    directory: Path
    user: list[str]

    @property
    def pid(self) -> int:
        return int((self.directory / "data/postmaster.pid").read_text().split()[0])

    def url(self, database: str = "postgres") -> str:
        return f"postgres://colonnade:planted-password@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        psql = [
            str(POSTGRESQL) + "/psql",
            "-qtAX",
            "-v",
            "ON_ERROR_STOP=1",
            self.url(database),
            "-c",
            statement,
        ]
        return subprocess.run(psql, check=True, capture_output=True, text=True).stdout.strip()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server hangs, all of its processes: it accepts and never answers."""
        # The postmaster first: it can then start no more processes that would be missed.
        os.kill(self.pid, signal.SIGSTOP)
        children = children_of(self.pid)
        signal_all(children, signal.SIGSTOP)
        try:
            yield
        finally:
            signal_all([*children, self.pid], signal.SIGCONT)

    @contextmanager
    def postmaster_frozen(self) -> Iterator[None]:
        """Sessions go on; new ones are never answered."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


def signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a session that ended meanwhile
            os.kill(pid, number)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def postgresql(directory: Path) -> Iterator[Postgresql]:
    require("postgresql", POSTGRESQL)
    assert POSTGRESQL is not None
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    shutil.chown(directory, "postgres") if user else None
    directory.chmod(0o755)
    password = directory / "password"
    password.write_text("planted-password")
    data, port = str(directory / "data"), free_port()
    made = Postgresql(port, directory, user)
    subprocess.run(
        [
            *user,
            f"{POSTGRESQL}/initdb",
            "-D",
            data,
            "-U",
            "colonnade",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
        ],
        check=True,
        capture_output=True,
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    control = [*user, f"{POSTGRESQL}/pg_ctl", "-D", data, "-w", "-l", str(directory / "log")]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True)
    try:
        yield made
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)


@dataclass
class Server:
    """gunicorn as in production."""

    process: subprocess.Popen[bytes]
    port: int
    metrics_port: int
    log: Path
    environment: dict[str, str] = field(repr=False)

    def ask(self, path: str, method: str = "GET", host: str = "", timeout: float = 60, **headers: str) -> Answer:
        return ask(self.port, path, method, host, timeout, **headers)

    def figures(self) -> dict[str, float]:
        """Every sample of the metrics port by its name and labels."""
        lines = ask(self.metrics_port, "/metrics").body.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def workers(self) -> list[int]:
        return children_of(self.process.pid)

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()


@contextmanager
def server(directory: Path, **environment: str) -> Iterator[Server]:
    port, metrics_port, log = free_port(), free_port(), directory / "server.log"
    env = settings_of(directory, **environment) | {
        "BIND": f"127.0.0.1:{port}",
        "METRICS_PORT": str(metrics_port),
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "docker/gunicorn.conf.py", "app.wsgi:application"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    started = Server(process, port, metrics_port, log, env)
    try:
        wait_until(lambda: answers(started) or process.poll() is not None, "the server answers")
        assert process.poll() is None, log.read_text()
        yield started
    finally:
        process.terminate()
        process.wait()


def answers(started: Server) -> bool:
    """All workers serve, each with its metrics thread."""
    wanted = int(started.environment.get("WEB_CONCURRENCY", "2"))
    return accepts(started.port) and len(started.workers()) == wanted and started.ask("/livez").status == 200


def settings_of(directory: Path, **environment: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "SECRET_KEY": "planted-secret-key-of-the-settings",
        "MEDIA_ROOT": str(directory / "media"),
        **environment,
    }


def manage(*arguments: str, env: dict[str, str], stdin: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def temporary_directory() -> str:
    """A directory of its own that another user's program may be given."""
    return tempfile.mkdtemp(prefix="colonnade-test-")
