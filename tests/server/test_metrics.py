"""Figures of a whole pod: exact, bounded, cheap."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.conftest import SITES
from tests.support.commands import managed
from tests.support.http import request
from tests.support.programs import listens, wait_until
from tests.support.server import Server, serving, settings_in


@pytest.fixture
def server(tmp_path: Path, database: Path) -> Iterator[Server]:
    shutil.copy(database, tmp_path)
    with serving(tmp_path) as started:
        yield started


def visit(server: Server, script: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Asks for (host, path) side by side. What was answered: how often each site and status."""
    with ThreadPoolExecutor(8) as visitors:
        found = visitors.map(lambda visit: server.request(visit[1], host=visit[0]), script)
        return Counter((answer.headers.get("X-Site-Id", "none"), str(answer.status)) for answer in found)


def counted(server: Server) -> dict[tuple[str, str], float]:
    start = "colonnade_requests_total{"
    labels = {name: value for name, value in server.metrics().items() if name.startswith(start)}
    return {(name.split('"')[1], name.split('"')[3]): value for name, value in labels.items()}


def wait_for_another(server: Server, gone: int) -> None:
    wait_until(lambda: gone not in server.workers() and server.serves(), what="another worker serves")


def test_counts_are_exact_over_sites_workers_and_a_restart(server: Server) -> None:
    script = [(domain, "/nowhere/") for domain in SITES for _ in range(40)]
    script += [("north.example", "/robots.txt"), ("unknown.example", "/"), ("south.example", "/admin/")] * 20
    expected = visit(server, script)
    assert len({site for site, _ in expected}) == len(SITES) + 1
    assert counted(server) == expected

    killed, stopped = server.workers()
    os.kill(killed, signal.SIGKILL)
    wait_for_another(server, killed)
    os.kill(stopped, signal.SIGTERM)
    wait_for_another(server, stopped)
    assert counted(server) == expected
    expected += visit(server, script)
    assert counted(server) == expected
    assert server.metrics()["colonnade_request_seconds_count"] == expected.total()
    assert server.metrics()['colonnade_hosts_refused_total{reason="unknown"}'] == 40


def test_files_of_workers_that_are_gone_do_not_pile_up(server: Server) -> None:
    visit(server, [("north.example", "/")] * 10)
    expected = counted(server)
    for _ in range(3):
        for pid in server.workers():
            os.kill(pid, signal.SIGKILL)
            wait_for_another(server, pid)
    assert counted(server) == expected
    files = {file.name.rpartition("_")[2] for file in figures_directory(server).glob("*.db")}
    assert files <= {"archive.db", *(f"{pid}.db" for pid in server.workers())}


def test_counts_go_on_after_a_reload(server: Server) -> None:
    visit(server, [("north.example", "/")] * 10)
    expected, before = counted(server), server.workers()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not set(before) & set(server.workers()) and server.serves(), what="new workers serve")
    assert counted(server) == expected
    visit(server, [("north.example", "/")] * 10)
    assert sum(counted(server).values()) == 20


def figures_directory(server: Server) -> Path:
    """Where the workers keep their files open."""
    maps = Path(f"/proc/{server.workers()[0]}/maps").read_text().split()
    return next(Path(word).parent for word in maps if word.endswith(".db"))


def test_nothing_is_left_behind(tmp_path: Path, database: Path) -> None:
    shutil.copy(database, tmp_path)
    with serving(tmp_path) as started:
        started.request("/")
        directory = figures_directory(started)
        assert directory.exists()
    assert not directory.exists()


def test_the_directory_of_every_worker_is_seen(server: Server) -> None:
    def settled() -> bool:
        figures = server.metrics()
        return figures["colonnade_directory_sites"] == len(SITES) + 1 and figures["colonnade_directory_epoch"] > 0

    wait_until(settled, what="both workers have loaded the directory")
    before = server.metrics()["colonnade_directory_epoch"]
    managed("sites", "add", "west.example", **server.settings)
    wait_until(lambda: server.metrics()["colonnade_directory_epoch"] > before, what="both workers see the change")
    assert server.metrics()["colonnade_directory_sites"] == len(SITES) + 2


def test_there_is_nothing_else_on_the_port(server: Server) -> None:
    assert request(server.metrics_port, "/").status == 404
    assert request(server.metrics_port, "/metrics", method="POST").status == 501
    assert (
        "openmetrics"
        in request(server.metrics_port, "/metrics", headers={"Accept": "application/openmetrics-text"}).headers[
            "Content-Type"
        ]
    )


def test_the_port_can_be_left_closed(tmp_path: Path) -> None:
    with serving(tmp_path, METRICS_PORT="0") as started:
        assert started.request("/livez").status == 200
        assert not listens(started.metrics_port)


def test_ten_thousand_sites_are_a_hundred_and_one_series(tmp_path: Path, database: Path) -> None:
    """And a scrape of them costs less than ten milliseconds of the server's time."""
    shutil.copy(database, tmp_path)
    managed("shell", "-c", TEN_THOUSAND, **settings_in(tmp_path))
    with serving(tmp_path) as server:
        visit(server, [(f"s{n}.example", path) for n in range(300) for path in ("/", "/robots.txt", "/admin/")])
        assert len({site for site, _ in counted(server)}) == 101
        assert sum(counted(server).values()) == 900
        assert server.metrics()["colonnade_directory_sites"] == 10_004
        seconds = [request(server.metrics_port, "/metrics").seconds for _ in range(50)]
        print(f"scrape: median {statistics.median(seconds) * 1000:.1f} ms, {len(server.metrics())} samples")
        assert statistics.median(seconds) < 0.010


TEN_THOUSAND = """
from django.contrib.sites.models import Site
Site.objects.bulk_create(Site(domain=f"s{n}.example", name=f"S{n}") for n in range(10_000))
"""
