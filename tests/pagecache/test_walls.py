"""An attacker comes first, then a visitor; or the visitor first, then an attacker. The visitor's bytes are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from django.contrib.sites.models import Site
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.pagecache.shared import SharedPages
from app.tenancy.directory import directory
from app.tenancy.models import Alias, SiteProfile
from tests.support.programs import free_port, listens, program, running, wait_until
from tests.support.wsgi import Server

EVIL = "evil.example"
# What caches of other products were poisoned with, and what our own code reads.
HEADERS = [
    *("X_FORWARDED_HOST", "X_FORWARDED_SERVER", "X_FORWARDED_PREFIX", "X_FORWARDED_PATH", "X_FORWARDED_URI"),
    *("X_FORWARDED_PORT", "X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_SCHEME", "X_FORWARDED_SSL"),
    *("FORWARDED", "X_ORIGINAL_URL", "X_ORIGINAL_HOST", "X_REWRITE_URL", "X_HOST", "X_REAL_IP", "VIA", "SCRIPT_NAME"),
    *("X_HTTP_METHOD_OVERRIDE", "X_HTTP_METHOD", "X_METHOD_OVERRIDE", "X_SCRIPT_NAME", "X_WP_NONCE", "X_SITE_ID"),
    *("USER_AGENT", "REFERER", "ORIGIN", "ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "ACCEPT_CHARSET", "RANGE"),
    *("IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_RANGE", "CACHE_CONTROL", "PRAGMA", "EXPECT", "TE", "X_REQUEST_ID"),
    *("COOKIE", "DNT", "SEC_FETCH_SITE", "SAVE_DATA", "X_REQUESTED_WITH", "CONTENT_TYPE", "X_TIMER"),
]
VALUES = {
    "RANGE": "bytes=0-1",
    "X_FORWARDED_PROTO": "https",
    "COOKIE": f"theme={EVIL}; site_id=2; csrftoken={EVIL}",
    "X_HTTP_METHOD_OVERRIDE": "DELETE",
    "IF_NONE_MATCH": '"x"',
}
UNTRUSTED = "203.0.113.9"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [str(program("redis-server")), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([*command, "--dir", str(folder)], port=port, log=folder / "log"):
        wait_until(lambda: listens(port), what="Redis listens")
        yield port


@pytest.fixture(
    params=["one process", pytest.param("two processes", marks=[pytest.mark.process, pytest.mark.service("redis")])]
)
def two_servers(request: pytest.FixtureRequest, sites: tuple[Site, Site]) -> tuple[Server, Server]:
    """What two visitors meet: the same process, or two that share their pages in Redis."""
    if request.param == "one process":
        server = Server()
        return server, server
    client = redis.Redis(port=request.getfixturevalue("port"), retry=Retry(NoBackoff(), 0))
    client.flushall()
    return Server(shared=SharedPages(client)), Server(shared=SharedPages(client))


@pytest.mark.parametrize("peer", ["127.0.0.1", UNTRUSTED])
def test_no_header_reaches_the_next_visitor(peer: str, two_servers: tuple[Server, Server]) -> None:
    for attacked, other in (two_servers, two_servers[::-1]):
        clean = {host: other.get(host, through="django").body for host in ("north.test", "south.test")}
        for header in HEADERS:
            for first in ("attacker", "visitor"):
                server = Server(shared=attacked.pages.shared) if other is not attacked else Server()
                if first == "visitor":
                    server.get("north.test", REMOTE_ADDR=peer)
                server.get("north.test", REMOTE_ADDR=peer, **{f"HTTP_{header}": VALUES.get(header, EVIL)})
                for visited in {server, other}:
                    for host, expected in clean.items():
                        found = visited.get(host)
                        assert (found.status, found.body) == (200, expected), (header, first, host)
                        assert EVIL not in str(found.headers), (header, first)


@pytest.mark.parametrize("host", ["NORTH.test", "north.test.", "north.test:80", "north.test:8000", "north.test:1"])
def test_no_spelling_of_a_host_reaches_the_next_visitor(host: str, two_servers: tuple[Server, Server]) -> None:
    first, second = two_servers
    clean = first.get("north.test", through="django").body
    first.get(host)
    assert second.get("north.test").body == clean
    assert second.get(host).body == clean


def test_an_alias_is_never_another_sites_page(two_servers: tuple[Server, Server], sites: tuple[Site, Site]) -> None:
    Alias.objects.create(site=sites[0], host="both.test", redirect=False)
    directory.expire()
    first = two_servers[0]
    assert b"Home of North" in first.get("both.test").body
    Alias.objects.filter(host="both.test").update(site=sites[1])
    directory.expire()
    for server in two_servers:
        assert b"Home of South" in server.get("both.test").body
        assert b"Home of North" in server.get("north.test").body


def test_a_domain_that_changes_hands(two_servers: tuple[Server, Server], sites: tuple[Site, Site]) -> None:
    """What was stored for a domain is not served for the site that has it now."""
    for server in two_servers:
        server.get("north.test")
    Site.objects.filter(pk=sites[0].pk).update(domain="moved.test")
    Site.objects.filter(pk=sites[1].pk).update(domain="north.test")
    directory.expire()
    for server in two_servers:
        for _ in range(2):
            assert b"Home of South" in server.get("north.test").body
            assert b"Home of North" in server.get("moved.test").body


DECEPTIVE = ["/x.css", ";x.css", "%2fx.css", "/..;/x.css", "?x.css", "%00.css", "/%2e%2e/about/", "%0a.css", "//x.js"]


@pytest.mark.parametrize("suffix", DECEPTIVE)
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/account/", "/about/"])
def test_no_suffix_makes_a_private_page_public(path: str, suffix: str, two_servers: tuple[Server, Server]) -> None:
    first, second = two_servers
    plain = (first.get("north.test", path, through="django").status, path)
    for server in two_servers:
        found = server.get("north.test", path.rstrip("/") + suffix)
        if found.found:
            assert path == "/about/", "only this page may be stored"
            assert b"About North" in found.body
    assert (second.get("north.test", path).status, path) == plain


@pytest.mark.parametrize("change", ["theme", "colour", "name"])
def test_a_and_b_and_a_again(change: str, two_servers: tuple[Server, Server], sites: tuple[Site, Site]) -> None:
    values: dict[str, Callable[[str], object]] = {
        "theme": lambda value: SiteProfile.objects.filter(site=sites[0]).update(theme=value),
        "colour": lambda value: SiteProfile.objects.filter(site=sites[0]).update(colour=value),
        "name": lambda value: Site.objects.filter(pk=sites[0].pk).update(name=value),
    }
    a, b = {"theme": ("", "portico"), "colour": ("#aa0000", "#00aa00"), "name": ("Aaaa", "Bbbb")}[change]
    for value in (a, b, a, b):
        values[change](value)
        directory.expire()
        expected = two_servers[0].get("north.test", through="django").body
        for server in two_servers:
            assert [server.get("north.test").body for _ in range(2)] == [expected] * 2
