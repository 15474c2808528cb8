"""What a change of the content costs the visitors: how long they see the old text, and whether other sites notice."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

from bench.pages.competitors import COMPETITORS, GTHREAD, PROJECTS
from bench.pages.content import PATH, BenchSite
from bench.pages.environments import python_of
from bench.pages.load import CONNECTIONS, Request, run, write
from bench.pages.results import Changes
from bench.pages.servers import Server, serving
from bench.pages.stores import Stores
from tests.support import http
from tests.support.commands import environment
from tests.support.programs import ROOT, stop

REFRESH_SECONDS = 1.0
#: After each save.
WATCHED_SECONDS = 3.0
SAVES = 5
EDITED_SITES = 100
SECONDS = 15
HITS = "colonnade_page_cache_total"


@dataclass
class Editor:
    process: subprocess.Popen[str]

    def save(self, site: BenchSite, text: str) -> float:
        """Saves the page of a site; when its transaction had ended, in seconds since 1970."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{site.number} {text}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


@dataclass
class Visitors:
    """Sixteen kept connections, which both worker processes serve, request the page of a site in turn."""

    port: int
    site: BenchSite
    clients: list[HTTPConnection] = field(default_factory=list)

    def last_without(self, text: str, *, until: Callable[[], bool]) -> float:
        """When a request was last sent whose response lacked the text; 0 if none did."""
        last = 0.0
        self.clients = self.clients or [HTTPConnection("127.0.0.1", self.port, timeout=30) for _ in range(CONNECTIONS)]
        while not until():
            for client in self.clients:
                sent = time.time()
                client.request("GET", PATH, headers={"Host": self.site.domain})
                if text not in client.getresponse().read().decode():
                    last = sent
        return last


def measure(count: int, stores: Stores) -> Changes:
    own, log = COMPETITORS["own"], stores.folder / "changes.log"
    with serving(own, count, GTHREAD, stores, log) as server, editing(count, stores) as editor:
        editor.save(BenchSite(1), "first")  # when it returns, the editor's process has started
        stale = [seconds_of_old_text(server, editor, turn) for turn in range(SAVES)]
        quiet = hit_rate(server, count, stores)
        ended = threading.Event()
        thread = threading.Thread(target=save_in_turn, args=(editor, ended))
        thread.start()
        edited = hit_rate(server, count, stores)
        ended.set()
        thread.join()
    return Changes(REFRESH_SECONDS, stale, quiet, edited)


def seconds_of_old_text(server: Server, editor: Editor, turn: int) -> float:
    """From the end of the editor's transaction to the last request that got the old text."""
    site, text = BenchSite(1), f"saved-{turn}"
    saved: list[float] = []
    saver = threading.Thread(target=lambda: saved.append(editor.save(site, text)))
    saver.start()
    last = Visitors(server.port, site).last_without(
        text, until=lambda: bool(saved) and time.time() > saved[0] + WATCHED_SECONDS
    )
    saver.join()
    assert text in http.request(server.port, PATH, host=site.domain).body, "the change never became visible"
    return max(0.0, last - saved[0])


def save_in_turn(editor: Editor, ended: threading.Event) -> None:
    turn = 0
    while not ended.wait(1.0):
        editor.save(BenchSite(1 + turn % EDITED_SITES), f"turn-{turn}")
        turn += 1


def hit_rate(server: Server, count: int, stores: Stores) -> float | None:
    """The part of requests to sites that nobody edits which the page cache answered; None without a page cache."""
    sites = [BenchSite(number) for number in range(EDITED_SITES + 1, count + 1)]
    file = write([Request(site.domain, PATH) for site in sites], stores.folder / "other-sites")
    run(server.port, file, seconds=5)
    before = hits(server)
    load = run(server.port, file, seconds=SECONDS)
    after = hits(server)
    # wrk does not count the responses that come after its time.
    return None if before is None or after is None else min(1.0, (after - before) / load.requests)


def hits(server: Server) -> float | None:
    lines = http.request(server.metrics_port, "/metrics").body.splitlines()
    found = [float(line.split()[-1]) for line in lines if line.startswith(HITS) and '"hit' in line]
    return sum(found) if found else None


@contextmanager
def editing(count: int, stores: Stores) -> Iterator[Editor]:
    command = [python_of("colonnade"), "-m", f"{PROJECTS}.colonnade.edit"]
    env = environment(**stores.of_project("colonnade", count))
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Editor(process)
    finally:
        stop(process)
