"""Bytes that no client sends, to gunicorn as a stranger and as a proxy, and through real proxies as they are shipped.

Whatever arrives: no page of another site than the request names, no second response that nobody asked for, no error of
the server, nothing that comes back as markup, and one JSON object per line of the log. `ATTACK_SEED` repeats a run.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.attacks.raw.case import CANARY, Case
from tests.attacks.raw.corpus import everything, mutated
from tests.attacks.raw.wire import Reply, send
from tests.proxy.fronts import NAMES, front
from tests.support.commands import managed
from tests.support.databases import demo_in
from tests.support.http import visit
from tests.support.server import Server, serving

pytestmark = pytest.mark.process
SEED = int(os.environ.get("ATTACK_SEED", 0)) or secrets.randbelow(10**6)
MUTATIONS = 150
CLIENTS = 8
MOST_SHOWN = 40
#: gunicorn's for a transfer coding and a version that it does not know.
DOCUMENTED = frozenset({501, 505})
#: A proxy's own: for a body that it cannot read, for two transfer codings.
DOCUMENTED_BY = {"caddy": frozenset({502}), "apache": frozenset({500})}


@dataclass(frozen=True)
class Door:
    """A port, the address that a client comes from, and which errors of a server are none of ours.

    `is_proxy`: whether the application trusts what comes in here.
    """

    port: int
    source: str = "127.0.0.1"
    documented: frozenset[int] = DOCUMENTED
    is_proxy: bool = False

    def send(self, data: bytes) -> list[Reply]:
        return send(self.port, data, source=self.source)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("raw")
    settings = {**demo_in(folder), "TRUSTED_PROXIES": "127.0.0.1/32"}
    with serving(folder, WEB_CONCURRENCY=1, **settings) as made:
        yield made


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """The ids of the demo's sites, by key."""
    sites = json.loads(managed("sites", "list", "--json", **server.settings))
    return {site["key"]: str(site["id"]) for site in sites}


@pytest.fixture(
    scope="module",
    params=["a stranger", "a proxy", *(pytest.param(name, marks=pytest.mark.service(name)) for name in NAMES)],
)
def door(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    if request.param == "a stranger":
        yield Door(server.port, "127.0.0.2")
        return
    if request.param == "a proxy":
        yield Door(server.port, is_proxy=True)
        return
    with front(request.param, server.port, tmp_path_factory.mktemp(request.param) / "front") as made:
        yield Door(made.http, documented=DOCUMENTED | DOCUMENTED_BY.get(request.param, frozenset()))


def faults(door: Door, case: Case, ids: dict[str, str]) -> list[str]:
    """What is wrong with the responses to one case, and with the next visitor's page."""
    replies = door.send(case.data)
    seen = [reply.site for reply in replies if reply.site]
    sites = case.from_proxy if door.is_proxy and case.from_proxy is not None else case.sites
    allowed = [ids[key] for key in sites if key != "none"]
    found = []
    if case.name.startswith("mutation"):
        forwards = door.is_proxy and b"forwarded-host" in case.data.lower()  # which counts where no Host is a site's
        if not set(seen) <= {ids["north"], *allowed, *([ids["south"]] if forwards else [])}:
            found.append(f"pages of the sites {seen}")
    elif seen != allowed[: len(seen)]:
        found.append(f"pages of the sites {seen}, not {allowed}")
    if len(replies) > case.most:
        found.append(f"{len(replies)} responses")
    found += [
        f"status {reply.status}" for reply in replies if reply.status >= 500 and reply.status not in door.documented
    ]
    found += ["markup in a body" for reply in replies if CANARY in reply.body]
    found += [f"{reply.headers}" for reply in replies if "evil.example" in str(reply.headers)]
    page = visit(door.port, "north.localhost", "/about/")
    if (page.status, page.headers["X-Site-Id"]) != (200, ids["north"]):
        found.append(f"the next visitor: {page.status}, site {page.headers['X-Site-Id']}")
    return [f"{case.name}: {fault}; replies {[(reply.status, reply.site) for reply in replies]}" for fault in found]


def bad_lines(text: str) -> list[str]:
    """Lines of the log that are not one JSON object with a time and an event."""
    found = []
    for line in text.splitlines():
        try:
            whole = {"event", "time"} <= json.loads(line).keys()
        except ValueError:
            whole = False
        if not whole:
            found.append(line[:300])
    return found


def test_it_works(door: Door, ids: dict[str, str]) -> None:
    reply, second = door.send(
        b"GET /about/ HTTP/1.1\r\nHost: north.localhost\r\n\r\n"
        b"GET / HTTP/1.1\r\nHost: south.localhost\r\nConnection: close\r\n\r\n"
    )
    assert (reply.status, reply.site) == (200, ids["north"])
    assert (second.status, second.site) == (200, ids["south"])


def test_no_bytes_bring_another_sites_page_or_an_error(door: Door, server: Server, ids: dict[str, str]) -> None:
    cases = [*everything(), *mutated(SEED, MUTATIONS)]
    begun = server.log.stat().st_size
    with ThreadPoolExecutor(CLIENTS) as clients:
        found = [fault for several in clients.map(lambda case: faults(door, case, ids), cases) for fault in several]
    log = server.log.read_bytes()[begun:].decode("utf-8", "replace")
    found += [f"log: {line}" for line in bad_lines(log)]
    found += [f"log: {line[:2000]}" for line in log.splitlines() if '"level": "error"' in line]
    assert not found, "\n".join([f"ATTACK_SEED={SEED}", *found[:MOST_SHOWN]])
