"""A competitor's gunicorn: started on loopback, checked, and read through /proc."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.pages.competitors import Competitor, Shape
from bench.pages.content import PATH, BenchSite, fault
from bench.pages.environments import python_of
from bench.pages.stores import Stores
from tests.support import http
from tests.support.programs import ROOT, children_of, free_port, listens, stop

WORKERS = 2
START_SECONDS = 120.0
# As docker/gunicorn.conf.py, which only the product can use.
PEER_OPTIONS = ["--preload", "--workers", str(WORKERS), "--keep-alive", "75", "--worker-tmp-dir", "/dev/shm"]
PEER_OPTIONS += ["--timeout", "30", "--no-control-socket", "--log-level", "warning"]
# Without it one worker may take most connections of a round, and every server is then three times slower: gunicorn's
# workers compete for each new connection. So the kernel distributes them, for the product and for its peers.
COMMON_OPTIONS = ["--reuse-port"]
TICKS = os.sysconf("SC_CLK_TCK")


class WrongPage(AssertionError):
    """A competitor does not serve what it should."""


@dataclass(frozen=True)
class Server:
    competitor: Competitor
    count: int
    shape: Shape
    port: int
    metrics_port: int
    process: subprocess.Popen[bytes]
    start_seconds: float
    """From the start of the process to the first correct page."""

    def workers(self) -> list[int]:
        return children_of(self.process.pid)

    def cpu_seconds(self) -> float:
        """Of all workers, in user and kernel mode, since they started; in steps of 10 ms."""
        return sum(_ticks(pid) for pid in self.workers()) / TICKS

    def pss_mib(self) -> float:
        """Memory of one worker; what it shares with others counts in part."""
        sizes = [pss_kib(pid) for pid in self.workers()]
        return sum(sizes) / len(sizes) / 1024


@contextmanager
def serving(competitor: Competitor, count: int, shape: Shape, stores: Stores, log: Path) -> Iterator[Server]:
    """Yields when the page of the first site is correct. Raises `RuntimeError` if that does not happen."""
    port, metrics_port = free_port(), free_port()
    env, command = stores.settings(competitor, count), [python_of(competitor.project), "-m", "gunicorn"]
    if competitor.is_own:
        env |= {"BIND": f"127.0.0.1:{port}", "METRICS_PORT": str(metrics_port)}
        env |= {"WEB_CONCURRENCY": str(WORKERS), "WEB_THREADS": str(shape.threads)}
        command += ["--config", "docker/gunicorn.conf.py", *COMMON_OPTIONS, *shape.own_options]
    else:
        command += ["--bind", f"127.0.0.1:{port}", *PEER_OPTIONS, *COMMON_OPTIONS, *shape.options]
    command.append(competitor.application)
    started = time.perf_counter()
    with log.open("ab") as errors:
        # The product logs every request to standard output; the peers log none.
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        _wait_for_page(process, port, competitor, log)
        yield Server(competitor, count, shape, port, metrics_port, process, time.perf_counter() - started)
    finally:
        stop(process)


def _wait_for_page(process: subprocess.Popen[bytes], port: int, competitor: Competitor, log: Path) -> None:
    end, wrong = time.monotonic() + START_SECONDS, "it does not listen"
    while time.monotonic() < end and process.poll() is None:
        if listens(port):
            response = http.request(port, PATH, host=BenchSite(1).domain)
            wrong = (
                fault(response.body, BenchSite(1), menu=False)
                if response.status == 200
                else f"status {response.status}"
            )
            if not wrong:
                return
        time.sleep(0.005)
    raise RuntimeError(
        f"{competitor.label} does not serve its page: {wrong}.\n{log.read_text(errors='replace')[-3000:]}"
    )


def _ticks(pid: int) -> int:
    # The name of a process, in brackets, may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def pss_kib(pid: int) -> int:
    """Memory of a process; what it shares with others counts in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
