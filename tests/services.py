"""Real programs for the tests: found, started on loopback, stopped by their own process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PROGRAMS = {
    "postgresql": "initdb",
    "redis": "redis-server",
    "nginx": "nginx",
    "haproxy": "haproxy",
    "caddy": "caddy",
    "apache": "apache2",
    "chromium": "chromium",
    "docker": "dockerd",
}
REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"


def program(name: str) -> str | None:
    """The path of a program; Debian keeps servers where a user's PATH does not look."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"]
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*places, *map(str, versions)]))


def missing(service: str) -> bool:
    return program(PROGRAMS[service]) is None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(done: Callable[[], bool], *, seconds: float = 30.0, what: str = "it") -> None:
    """Waits for an event that another process brings about. Raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop(process: subprocess.Popen[bytes], *, seconds: float = 20.0) -> int:
    """Ends a process that we started, kindly first; its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


class PostgreSQL:
    """A throw-away server; trust authentication, loopback only, no fsync."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        command = [str(program("initdb")), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run([*command, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, **_as_postgres())

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "fsync": "off", "full_page_writes": "off",
                   "synchronous_commit": "off", "unix_socket_directories": "", "max_connections": 100}  # fmt: skip
        command = [str(program("postgres")), "-D", str(self.folder / "data")]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_postgres())
        wait_until(self._ready, what="PostgreSQL")

    def signal(self, number: int) -> None:
        """To every process of the server: a stopped postmaster alone would leave its backends answering."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):  # a session that ended meanwhile
                os.kill(pid, number)

    def stop(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            self.process.wait(30)
            self.process = None

    def _ready(self) -> bool:
        command = [str(program("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return subprocess.run(command, check=False).returncode == 0


def _as_postgres() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}


@contextmanager
def running(
    command: list[str], *, port: int, env: Mapping[str, str] | None = None, log: Path, what: str = "the server"
) -> Iterator[subprocess.Popen[bytes]]:
    """A server of ours: yields when its port answers, ends it by its own process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), what=what)
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended at once:\n{log.read_text(errors='replace')[-4000:]}")
        yield process
    finally:
        stop(process)


def environment(**values: object) -> dict[str, str]:
    """A clean environment for a process of the product: nothing of this test run's settings leaks into it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "SECRET_KEY": "only for tests, and long enough to be taken for a real one",
            **{name: str(value) for name, value in values.items()}}  # fmt: skip


@contextmanager
def gunicorn(folder: Path, **env: object) -> Iterator[int]:
    """The product's server on a free port of loopback."""
    port = free_port()
    command = [PYTHON, "-m", "gunicorn", "-c", "docker/gunicorn.conf.py", "app.wsgi:application"]
    values = environment(**{"BIND": f"127.0.0.1:{port}", "METRICS_PORT": free_port(), **env})
    with running(command, port=port, env=values, log=folder / "gunicorn.log", what="gunicorn"):
        yield port


def manage(*arguments: str, stdin: str | None = None, **env: object) -> subprocess.CompletedProcess[str]:
    """`manage.py` with arguments, in a process of its own."""
    return subprocess.run(
        [PYTHON, "manage.py", *arguments], cwd=ROOT, env=environment(**env), input=stdin, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
