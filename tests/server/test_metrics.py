"""Metrics of a whole pod: exact and bounded."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.conftest import SITES
from tests.support.commands import environment, managed
from tests.support.http import request, unfinished_requests
from tests.support.programs import ROOT, free_port, listens, wait_until
from tests.support.server import COMMAND, Server, serving, settings_in


@pytest.fixture
def server(tmp_path: Path, database: Path) -> Iterator[Server]:
    shutil.copy(database, tmp_path)
    with serving(tmp_path) as started:
        yield started


def visit(server: Server, script: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Requests each (host, path), several at a time. Counts the responses by site and status."""
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


def test_counts_continue_after_a_reload(server: Server) -> None:
    visit(server, [("north.example", "/")] * 10)
    expected, before = counted(server), server.workers()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not set(before) & set(server.workers()) and server.serves(), what="new workers serve")
    assert counted(server) == expected
    visit(server, [("north.example", "/")] * 10)
    assert sum(counted(server).values()) == 20


def metrics_directory(server: Server) -> Path:
    """Where the workers keep their files open."""
    maps = Path(f"/proc/{server.workers()[0]}/maps").read_text().split()
    return next(Path(word).parent for word in maps if word.endswith(".db"))


def test_no_files_are_left(tmp_path: Path, database: Path) -> None:
    shutil.copy(database, tmp_path)
    with serving(tmp_path) as started:
        started.request("/")
        directory = metrics_directory(started)
        assert directory.exists()
    assert not directory.exists()


def test_the_slowest_worker_decides_the_directory_metrics(server: Server) -> None:
    def settled() -> bool:
        metrics = server.metrics()
        return metrics["colonnade_directory_sites"] == len(SITES) + 1 and metrics["colonnade_directory_epoch"] > 0

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


def test_slow_scrapers_do_not_block_another(server: Server) -> None:
    """More of them than both workers serve at a time."""
    with unfinished_requests(server.metrics_port, "GET /metrics HTTP/1.1\nX-Slow: ", count=40):
        assert {request(server.metrics_port, "/metrics", timeout=1.5).status for _ in range(8)} == {200}


def start(**settings: object) -> subprocess.CompletedProcess[str]:
    """A server that does not start: its exit status and output."""
    env = environment(**{"BIND": f"127.0.0.1:{free_port()}", **settings})
    return subprocess.run(COMMAND, cwd=ROOT, env=env, text=True, capture_output=True, check=False, timeout=60)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start(METRICS_PORT=port, **settings_in(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        f"METRICS_PORT: port {port} cannot be used (Address already in use). Set another port, or 0 for none."
    )
    assert "Traceback" not in ended.stdout + ended.stderr


def test_numbers_of_the_server_that_are_none_are_named_together(tmp_path: Path) -> None:
    # WEB_CONCURRENCY is not among them: gunicorn reads it while it is imported. docker/entrypoint checks it.
    ended = start(METRICS_PORT="x", WEB_THREADS="-1", **settings_in(tmp_path))
    assert ended.returncode == 2
    for name in ("METRICS_PORT", "WEB_THREADS"):
        assert f"  {name}: " in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_port_can_be_left_closed(tmp_path: Path) -> None:
    with serving(tmp_path, METRICS_PORT="0") as started:
        assert started.request("/livez").status == 200
        assert not listens(started.metrics_port)


def test_ten_thousand_sites_are_at_most_a_hundred_and_one_labels(tmp_path: Path, database: Path) -> None:
    """The hundred sites with the lowest ids have a label of their own; four of them are not visited."""
    shutil.copy(database, tmp_path)
    managed("shell", "-c", TEN_THOUSAND, **settings_in(tmp_path))
    with serving(tmp_path) as server:
        visit(server, [(f"s{n}.example", path) for n in range(300) for path in ("/", "/robots.txt", "/admin/")])
        assert len({site for site, _ in counted(server)}) == 96 + 1
        assert sum(counted(server).values()) == 900
        assert server.metrics()["colonnade_directory_sites"] == 10_004


TEN_THOUSAND = """
from django.contrib.sites.models import Site
Site.objects.bulk_create(Site(domain=f"s{n}.example", name=f"S{n}") for n in range(10_000))
"""
