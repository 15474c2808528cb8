"""`/tls/ask`: which names get a certificate, and who may ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.test import Client
from prometheus_client import REGISTRY
from pytest_django import Settings

from app.tenancy.directory import directory
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.models import Alias, PendingHost, SiteProfile
from app.tenancy.requests import tls_ask
from tests.support.logs import Lines


@pytest.fixture(autouse=True)
def sites(north: Site, south: Site) -> None:
    """North with an alias www; south with a wildcard and an alias that serves."""
    Alias.objects.create(site=south, host="*.south.test")
    Alias.objects.create(site=south, host="shop.other.test", redirect=False)


@pytest.fixture
def caddy() -> Client:
    """A proxy that asks: it connects directly, under the server's own address."""
    return Client(HTTP_HOST="web:8000", REMOTE_ADDR="172.18.0.5")


def ask(client: Client, domain: str) -> int:
    return client.get("/tls/ask", {"domain": domain}).status_code


def asked(result: str) -> float:
    return REGISTRY.get_sample_value("colonnade_tls_asks_total", {"result": result}) or 0


def test_it_works(caddy: Client) -> None:
    before = asked("allowed"), asked("denied")
    for name in ("north.test", "www.north.test", "NORTH.test.", "south.test", "shop.other.test"):
        assert ask(caddy, name) == 200
    for name in ("unknown.test", "x.north.test", "web", "", "*.south.test", "a..b", "127.0.0.1"):
        assert ask(caddy, name) == 404
    assert (asked("allowed") - before[0], asked("denied") - before[1]) == (5, 7)


def test_a_wildcard_allows_no_name(caddy: Client) -> None:
    assert ask(caddy, "x.south.test") == 404


@pytest.mark.parametrize(("state", "status"), [("active", 200), ("suspended", 200), ("archived", 404)])
def test_the_state_of_the_site(caddy: Client, north: Site, state: str, status: int) -> None:
    SiteProfile.objects.filter(site=north).update(state=state)
    directory.forget()
    assert ask(caddy, "north.test") == ask(caddy, "www.north.test") == status


def test_a_host_without_proof(caddy: Client, north: Site) -> None:
    PendingHost.objects.create(site_id=north.pk, host="www.north.test")
    directory.forget()
    assert (ask(caddy, "north.test"), ask(caddy, "www.north.test")) == (200, 404)


def test_the_hosts_of_the_admin(caddy: Client, settings: Settings) -> None:
    settings.ADMIN_HOSTS = ["admin.test"]
    assert ask(caddy, "admin.test") == 200


@pytest.mark.parametrize(
    "visitor",
    [
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_X_FORWARDED_HOST": "north.test"},
        {"HTTP_FORWARDED": "for=203.0.113.9"},
        {"HTTP_VIA": "1.1 proxy"},
        {"HTTP_X_REAL_IP": "203.0.113.9"},
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_visitors_learn_nothing(visitor: dict[str, Any]) -> None:
    before = asked("allowed"), asked("denied")
    browser = Client(**{"HTTP_HOST": "web:8000", "REMOTE_ADDR": "172.18.0.5", **visitor})
    known, unknown = (browser.get("/tls/ask", {"domain": name}) for name in ("north.test", "unknown.test"))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (404, b"Not Found\n")
    assert dict(known.headers) == dict(unknown.headers)
    assert (asked("allowed"), asked("denied")) == before


def test_get_only(caddy: Client) -> None:
    assert caddy.post("/tls/ask?domain=north.test").status_code == 405
    assert caddy.head("/tls/ask?domain=north.test").status_code == 405


def test_two_domains_are_one(caddy: Client) -> None:
    assert caddy.get("/tls/ask?domain=north.test&domain=unknown.test").status_code == 404


def test_one_line_in_the_log_however_many_are_refused(
    caddy: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_ask, "refusals", tls_ask.Refusals())
    for name in ("first.test\n", "second.test", "third.test"):
        ask(caddy, name)
    assert [line["event"] for line in lines() if "Certificates" in line["event"]] == [
        "Certificates refused: 1 names since the last line; now first.test\\n"
    ]


def test_without_a_directory(caddy: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise DirectoryUnavailable

    monkeypatch.setattr(directory, "snapshot", none)
    assert ask(caddy, "north.test") == 503
