"""Programs beside the test process: found, started on loopback, stopped by their own process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
PROGRAMS = {
    "postgresql": "initdb",
    "pgbouncer": "pgbouncer",
    "redis": "redis-server",
    "nginx": "nginx",
    "haproxy": "haproxy",
    "caddy": "caddy",
    "apache": "apache2",
    "chromium": "chromium",
    "docker": "dockerd",
    "registry": "docker-registry",
    "wrk": "wrk",
    "gettext": "xgettext",
    "promtool": "promtool",
}
#: Folders of tests that are all about processes of the product, or about programs beside it.
PROCESS_FOLDERS = ("backups", "chart", "cluster", "e2e", "image", "proxy", "release", "releases", "server")
REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"


def program(name: str) -> str | None:
    """The path of a program. Debian installs servers in folders that are not on a user's PATH."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"]
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*folders, *map(str, versions)]))


def missing(service: str) -> bool:
    return program(PROGRAMS[service]) is None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(done: Callable[[], bool], *, seconds: float = 30.0, what: str = "the condition") -> None:
    """Waits for a change that another process makes. Raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not true within {seconds:g} s")
        time.sleep(0.02)


@contextmanager
def running(
    command: list[str], *, port: int, env: Mapping[str, str] | None = None, log: Path, what: str = "the server"
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process: yields when it listens on its port, and stops it afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        # `make run` migrates and makes the demo first, which takes half a minute of a busy machine.
        wait_until(lambda: process.poll() is not None or listens(port), seconds=180, what=f"{what} listens")
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended while it started:\n{log.read_text(errors='replace')[-4000:]}")
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str], *, seconds: float = 20.0) -> int:
    """Ends a process of the tests with SIGTERM, after `seconds` with SIGKILL; its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def frozen(pid: int, *, with_children: bool = False) -> Iterator[None]:
    """A program that does not react: the kernel accepts connections for it, and no response comes."""
    # The parent first: it can then start no child that would be missed.
    send_signal([pid], signal.SIGSTOP)
    pids = [pid, *children_of(pid)] if with_children else [pid]
    send_signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(reversed(pids), signal.SIGCONT)


def send_signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a child that ended in the meantime
            os.kill(pid, number)
