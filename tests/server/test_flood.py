"""Two hundred probes per second: connections and memory stay bounded."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.conftest import Platform
from tests.support.postgresql import sql
from tests.support.server import Server

pytestmark = [pytest.mark.service("postgresql", "redis")]
PER_SECOND = 200
SECONDS = int(os.environ.get("PROBE_FLOOD_SECONDS", "10"))
MEBIBYTE = 2**20


def connections(database_url: str) -> int:
    """Without the connection of this query."""
    others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ((count,),) = sql(database_url, f"SELECT count(*) FROM pg_stat_activity WHERE {others}")  # noqa: S608
    return int(str(count))


def memory(server: Server) -> int:
    """Private bytes of all workers."""
    fields = [Path(f"/proc/{pid}/statm").read_text().split() for pid in server.workers()]
    return sum(int(resident) - int(shared) for _, resident, shared, *_ in fields) * os.sysconf("SC_PAGESIZE")


def test_two_hundred_probes_a_second(platform: Platform) -> None:
    server, database = platform.server, platform.database_url
    paths = ["/livez", "/readyz", "/startupz", "/readyz"]
    for path in paths * 50:
        server.request(path)
    pause, started = threading.Event(), time.monotonic()
    before = most = connections(database)
    memory_before, statuses = memory(server), []
    with ThreadPoolExecutor(16) as probes:
        for second in range(SECONDS):
            batch = [probes.submit(server.request, paths[n % 4]) for n in range(PER_SECOND)]
            statuses += [probe.result().status for probe in batch]
            most = max(most, connections(database))
            pause.wait(max(0.0, started + second + 1 - time.monotonic()))
    took, grown = time.monotonic() - started, (memory(server) - memory_before) / MEBIBYTE
    print(f"{len(statuses)} probes in {took:.1f} s, connections {before} -> {most}, memory +{grown:.1f} MiB")
    assert set(statuses) == {200}
    # Each worker may have one run per check in progress when the connections are counted.
    assert most <= before + 2 * 3
    assert connections(database) <= before + 2 * 3
    assert grown < 4
