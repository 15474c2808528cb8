"""Exact counts of a row: function calls and SQL queries per request, and connections that a server opens."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.pages.competitors import Competitor
from bench.pages.environments import python_of
from bench.pages.load import Request, write
from bench.pages.servers import Server
from bench.pages.stores import Stores
from tests.support.programs import ROOT, stop

COUNTED = 10
CONNECTED = 100


@dataclass(frozen=True, slots=True)
class Counts:
    calls: int
    """Of Python and C functions: the median of ten requests."""
    queries: float
    """Statements of any kind, per request."""


def count(competitor: Competitor, requests: list[Request], number: int, stores: Stores) -> Counts:
    """In a process of its own without a server, after each host was requested twice: so nothing else runs meanwhile."""
    warm = requests[:COUNTED]
    with _counting(competitor, warm, number, stores) as process:
        _send(process, 2 * len(warm))
        before = stores.statements(competitor.project, number)
        calls = _send(process, len(warm))
        after = stores.statements(competitor.project, number)
    new = sum(after.values()) - sum(before.values())
    return Counts(round(median(calls)), new / len(calls))


def opened_connections(server: Server, requests: list[Request], stores: Stores) -> int:
    """How many database connections a server opens for a hundred requests over one kept connection."""
    project, before = server.competitor.project, 0
    if not server.competitor.has_database:
        return 0
    before = stores.connections(project, server.count)
    client = HTTPConnection("127.0.0.1", server.port, timeout=30)
    for place in range(CONNECTED):
        request = requests[place % len(requests)]
        client.request("GET", request.path, headers={"Host": request.host, **dict(request.headers)})
        client.getresponse().read()
    client.close()
    return stores.connections(project, server.count) - before


@contextmanager
def _counting(
    competitor: Competitor, requests: list[Request], number: int, stores: Stores
) -> Iterator[subprocess.Popen[str]]:
    with TemporaryDirectory(prefix="colonnade-bench-") as name:
        file = write(requests, Path(name) / "requests")
        env = stores.settings(competitor, number)
        if competitor.is_own:
            # As under gunicorn, where the workers share their metrics; and no look at the epoch while it counts.
            env |= {"PROMETHEUS_MULTIPROC_DIR": name, "SITES_REFRESH_SECONDS": "3600"}
        command = [
            python_of(competitor.project),
            "-m",
            "bench.pages.projects.counting",
            competitor.application,
            str(file),
        ]
        process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield process
        finally:
            stop(process)


def _send(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{count}\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("The process that counts ended; its error is above.")
    calls: list[int] = json.loads(line)["calls"]
    return calls
