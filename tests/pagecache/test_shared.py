"""Pages in Redis: a new process starts with them, and a Redis that is away or slow costs next to nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.contrib.sites.models import Site
from hypothesis import given
from hypothesis import strategies as st
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.pagecache import shared
from app.pagecache.entry import Address, Entry, State, read, written
from app.pagecache.shared import TIMEOUT_SECONDS, SharedPages, key_of
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import SiteEntry
from tests.support.programs import free_port, listens, program, running, wait_until
from tests.support.wsgi import Server


def client(port: int) -> redis.Redis:
    return redis.Redis(
        port=port, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0)
    )


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [
        str(program("redis-server")),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with running(command, port=port, log=folder / "log"):
        wait_until(lambda: listens(port), what="Redis listens")
        yield port


@pytest.fixture
def pages(port: int) -> SharedPages:
    redis.Redis(port=port).flushall()
    return SharedPages(client(port))


@pytest.mark.process
@pytest.mark.service("redis")
@pytest.mark.usefixtures("sites")
class TestWithRedis:
    def test_a_new_process_starts_with_the_pages_of_the_others(self, pages: SharedPages) -> None:
        first, second = Server(shared=pages), Server(shared=pages)
        made = first.get("north.test", "/about/")
        found = second.get("north.test", "/about/")
        assert (found.found, found.queries, found.body) == ("hit; detail=shared", 0, made.body)
        assert second.get("north.test", "/about/").found == "hit"
        assert second.made == []

    def test_two_sites_and_two_schemes_never_meet(self, pages: SharedPages) -> None:
        for host in ("north.test", "south.test"):
            for scheme in ("http", "https"):
                Server(shared=pages).get(host, HTTP_X_FORWARDED_PROTO=scheme)
        for host, name in (("north.test", b"Home of North"), ("south.test", b"Home of South")):
            for scheme in ("http", "https"):
                found = Server(shared=pages).get(host, HTTP_X_FORWARDED_PROTO=scheme)
                assert found.found == "hit; detail=shared"
                assert name in found.body
                assert f'"canonical" href="{scheme}://'.encode() in found.body

    def test_content_that_changed_is_made_again(self, pages: SharedPages, sites: tuple[Site, Site]) -> None:
        Server(shared=pages).get("north.test")
        with use_site(sites[0]):
            Page.objects.filter(path="/").update(body="<p>New text</p>")
        directory.expire()
        found = Server(shared=pages).get("north.test")
        assert (found.found, b"New text" in found.body) == ("fwd=miss; stored", True)

    def test_an_entry_of_another_release_is_never_read(
        self, pages: SharedPages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Server(shared=pages).get("north.test")
        monkeypatch.setattr(shared, "release", lambda: "another")
        assert Server(shared=pages).get("north.test").found == "fwd=miss; stored"

    def test_what_somebody_else_wrote_there_is_not_served(self, pages: SharedPages, port: int) -> None:
        Server(shared=pages).get("north.test")
        writer = redis.Redis(port=port)
        (key,) = writer.keys("colonnade:page:*")
        written_by_us = writer.get(key)
        assert isinstance(written_by_us, bytes)
        head, _, body = written_by_us.partition(b"\n")
        other_site = json.dumps({**json.loads(head), "address": [99, *json.loads(head)["address"][1:]]}).encode()
        for value in (b"", b"junk", b"{}\nx", b"[]\nx", b"\x80\x04K\x01.", other_site + b"\n" + body, head):
            writer.set(key, value)
            found = Server(shared=pages).get("north.test")
            assert (found.found, b"Home of North" in found.body) == ("fwd=miss; stored", True), value

    def test_it_ends_with_its_seconds(self, pages: SharedPages, port: int) -> None:
        Server(shared=pages).get("north.test")
        (key,) = redis.Redis(port=port).keys("colonnade:page:*")
        assert 0 < redis.Redis(port=port).pttl(key) <= 300_000


@pytest.mark.usefixtures("sites")
class TestWithoutRedis:
    def test_nobody_listens(self) -> None:
        server = Server(shared=SharedPages(client(free_port())))
        assert [server.get("north.test").found for _ in range(2)] == ["fwd=miss; stored", "hit"]

    def test_it_is_asked_once_and_then_left_alone(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=50) as deaf:  # accepts, and never responds
            pages = SharedPages(client(deaf.getsockname()[1]))
            server = Server(shared=pages)
            for host in ("north.test", "south.test"):
                for path in ("/", "/about/"):
                    assert server.get(host, path).status == 200
            assert pages._resume_at > time.monotonic()
            deaf.settimeout(1)
            connections = 0
            deaf.setblocking(False)
            while True:
                try:
                    deaf.accept()[0].close()
                except BlockingIOError:
                    break
                connections += 1
            assert connections == 1

    def test_one_request_finds_out_whether_it_is_back(self) -> None:
        calls, entered, go_on = [0], threading.Event(), threading.Event()

        class Slow:
            def get(self, _: str) -> bytes | None:
                calls[0] += 1
                entered.set()
                go_on.wait(5)
                raise redis.ConnectionError

        pages = SharedPages(Slow())  # type: ignore[arg-type]
        pages._resume_at = 1.0  # after a fault, long ago
        site = SiteEntry(1, "a.test", "A", "active", "", "")
        address, state = Address(1, "http", "a.test", "/", ""), State(site, 1)
        first = threading.Thread(target=lambda: pages.get(address, state, seconds=60))
        first.start()
        entered.wait(5)
        assert pages.get(address, state, seconds=60) is None
        go_on.set()
        first.join(5)
        assert calls == [1]


names = st.text(max_size=20)
addresses = st.builds(Address, st.integers(1, 3), st.sampled_from(["http", "https"]), names, names, names)
sites_ = st.builds(SiteEntry, st.integers(1, 3), names, names, names, names, names)
states = st.builds(State, sites_, st.integers(0, 3))


@given(addresses, addresses, states, states)
def test_two_keys_are_equal_only_for_one_page(a: Address, b: Address, s: State, t: State) -> None:
    assert (key_of(a, s) == key_of(b, t)) is ((a, s) == (b, t))


@given(addresses, addresses, states, st.binary(max_size=50))
def test_an_entry_is_read_for_its_own_address_only(a: Address, b: Address, state: State, body: bytes) -> None:
    entry = Entry(state, [("Content-Type", "text/html")], body, '"x"', time.monotonic() + 60)
    text = written(a, entry)
    found = read(text, a, state, seconds=60)
    assert found is not None
    assert (found.body, found.headers, found.etag, found.state) == (body, entry.headers, '"x"', state)
    assert (read(text, b, state, seconds=60) is None) is (a != b)
    assert read(text, a, state, seconds=0) is None


def test_the_release_knows_templates_and_settings(settings: object, tmp_path: Path) -> None:
    shared.release.cache_clear()
    before = shared.release()
    shared.release.cache_clear()
    assert shared.release() == before
    settings.SECURE_HSTS_SECONDS = 77  # type: ignore[attr-defined]
    shared.release.cache_clear()
    assert shared.release() != before
    shared.release.cache_clear()
