"""What is done to the platform while pages are requested. Each fault lasts as long as its block."""

from __future__ import annotations

import random
import signal
import string
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.platform import Platform
from bench.pages.load import Request, run, write
from tests.support import http
from tests.support.programs import frozen, send_signal, wait_until

#: Seconds that a fault lasts.
LASTS = 8.0
UNKNOWN_HOSTS = 10_000
MEBIBYTE = 2**20
SLOW_CLIENTS = 96
PRE_STOP_SECONDS = 5.0
#: Until the proxies have heard of a pod that ends.
PROPAGATION_SECONDS = 2.0
POST = f"POST /admin/login/ HTTP/1.1\nHost: {{host}}\nCookie: csrftoken={'a' * 32}; sessionid={'b' * 32}\n"
POST += "Content-Type: application/x-www-form-urlencoded\nContent-Length: {size}\n\n"
HALF_BODY = POST + "user"
HALF_HEAD = "GET / HTTP/1.1\nHost: {host}\nX-Slow: "


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    title: str
    fault: Callable[[Platform], AbstractContextManager[None]]
    stored_pages_fail: bool = False
    """Whether stored pages may fail, for requests that were in progress."""
    pages_fail: bool = False
    """Whether pages that need the database may fail while the fault lasts."""


@contextmanager
def nothing(_: Platform) -> Iterator[None]:
    yield
    time.sleep(LASTS)


@contextmanager
def killed_workers(platform: Platform) -> Iterator[None]:
    """Three times one of the two, without a chance to finish a response."""
    yield
    for _ in range(3):
        victim = platform.pod.workers()[0]
        send_signal([victim], signal.SIGKILL)
        wait_until(lambda gone=victim: gone not in platform.pod.workers(), what="the worker is gone")  # type: ignore[misc]
        time.sleep(LASTS / 3)
    wait_until(platform.pod.serves, what="every worker serves again")


@contextmanager
def postgresql_restarted(platform: Platform) -> Iterator[None]:
    yield
    platform.postgresql.stop()
    time.sleep(2)
    platform.postgresql.start()


@contextmanager
def postgresql_frozen(platform: Platform) -> Iterator[None]:
    yield
    process = platform.postgresql.process
    assert process is not None
    with frozen(process.pid, with_children=True):
        time.sleep(LASTS)


@contextmanager
def redis_stopped(platform: Platform) -> Iterator[None]:
    yield
    platform.redis.stop()
    time.sleep(LASTS)
    platform.redis.start()


@contextmanager
def redis_frozen(platform: Platform) -> Iterator[None]:
    yield
    assert platform.redis.process is not None
    with frozen(platform.redis.process.pid):
        time.sleep(LASTS)


@contextmanager
def full_disk(platform: Platform) -> Iterator[None]:
    yield
    if not platform.media.is_mount():
        platform.notes.append("not run: to mount a small disk takes root")
        return
    filler = platform.media / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    time.sleep(LASTS / 2)
    report = platform.pod.request("/healthz?format=json", headers={"Authorization": "Bearer of-the-fault-runs"})
    platform.notes.append(f"`/healthz` {report.status}")
    time.sleep(LASTS / 2)
    filler.unlink()


@contextmanager
def replaced_pod(platform: Platform) -> Iterator[None]:
    """As a roll-out does: a new pod is ready; the old one gets no new connections soon, and SIGTERM after preStop."""
    new = platform.start_pod()
    yield
    old = platform.pod
    platform.pods.append(new)
    began = time.monotonic()
    time.sleep(PROPAGATION_SECONDS)
    platform.pods.remove(old)
    time.sleep(PRE_STOP_SECONDS - PROPAGATION_SECONDS)
    old.process.send_signal(signal.SIGTERM)
    status = old.process.wait(30)
    platform.notes.append(f"the old pod ended after {time.monotonic() - began:.1f} s with status {status}")
    time.sleep(LASTS / 4)


@contextmanager
def unknown_hosts(platform: Platform) -> Iterator[None]:
    """Each name once, as fast as it is refused, and again until the time is over."""
    letters = random.Random(1)  # the same names in every run
    names = ("".join(letters.choices(string.ascii_lowercase, k=12)) for _ in range(UNKNOWN_HOSTS))
    requests = [Request(f"{name}.invalid", f"/{name}/") for name in names]
    with TemporaryDirectory() as folder:
        file = write(requests, Path(folder) / "requests")
        yield
        load = run(platform.pod.port, file, seconds=LASTS, connections=8)
    # Every response is a refusal: 404.
    platform.notes.append(f"{load.requests:,} requests, {load.requests - load.refused:,} served")


@contextmanager
def slow_clients(platform: Platform) -> Iterator[None]:
    host = next(iter(platform.sites))
    half = SLOW_CLIENTS // 2
    with (
        http.unfinished_requests(platform.pod.port, HALF_BODY.format(host=host, size=5000), count=half),
        http.unfinished_requests(platform.pod.port, HALF_HEAD.format(host=host), count=half),
    ):
        yield
        time.sleep(LASTS)


@contextmanager
def large_requests(platform: Platform) -> Iterator[None]:
    """Four clients send heads and bodies of 5 MB, one after the other."""
    host, statuses, over = next(iter(platform.sites)), Counter[str](), threading.Event()

    def send(start: str) -> None:
        data = start.replace("\n", "\r\n").encode() + b"x" * 5 * MEBIBYTE + b"\r\n\r\n"
        while not over.is_set():
            try:
                with http.connect(platform.pod.port, timeout=20) as client:
                    with suppress(ConnectionError):  # refused before all of it was sent
                        client.sendall(data)
                    statuses[client.recv(12)[9:12].decode() or "closed"] += 1
            except (ConnectionError, TimeoutError):
                statuses["closed"] += 1

    head = f"GET / HTTP/1.1\nHost: {host}\nX-Large: "
    body = POST.format(host=host, size=5 * MEBIBYTE)
    threads = [threading.Thread(target=send, args=(start,)) for start in (head, body, head, body)]
    yield
    for thread in threads:
        thread.start()
    time.sleep(LASTS)
    over.set()
    for thread in threads:
        thread.join()
    platform.notes.append("statuses " + ", ".join(f"{status} ({count})" for status, count in sorted(statuses.items())))


@contextmanager
def everything(platform: Platform) -> Iterator[None]:
    """A worker is killed, PostgreSQL restarts and Redis stops, with slow clients connected, in eight seconds."""
    host = next(iter(platform.sites))
    with http.unfinished_requests(platform.pod.port, HALF_BODY.format(host=host, size=5000), count=SLOW_CLIENTS):
        yield
        platform.redis.stop()
        send_signal(platform.pod.workers()[:1], signal.SIGKILL)
        time.sleep(LASTS / 4)
        platform.postgresql.stop()
        time.sleep(LASTS / 4)
        platform.postgresql.start()
        platform.redis.start()
        time.sleep(LASTS / 4)
    wait_until(platform.pod.serves, what="every worker serves again")


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("none", "nothing, to compare", nothing),
        Scenario("kill", "`kill -9` of a worker, three times", killed_workers, stored_pages_fail=True, pages_fail=True),
        Scenario("sigterm", "a pod is replaced (SIGTERM after preStop)", replaced_pod),
        Scenario("postgresql-restart", "PostgreSQL restarts (2 s away)", postgresql_restarted, pages_fail=True),
        Scenario("postgresql-freeze", "PostgreSQL hangs for 8 s", postgresql_frozen, pages_fail=True),
        Scenario("redis-stop", "Redis is away for 8 s", redis_stopped),
        Scenario("redis-freeze", "Redis hangs for 8 s", redis_frozen),
        Scenario("disk", "the disk for media is full for 8 s", full_disk),
        Scenario("unknown-hosts", "a flood of 10,000 unknown hosts for 8 s", unknown_hosts),
        Scenario("slow-clients", "96 clients with half a head or half a body for 8 s", slow_clients),
        Scenario("large-requests", "heads and bodies of 5 MB for 8 s", large_requests),
        Scenario(
            "everything",
            "together: slow clients, a killed worker, PostgreSQL and Redis stop and start",
            everything,
            stored_pages_fail=True,
            pages_fail=True,
        ),
    )
}
