"""Forwarding headers: nothing from an untrusted peer, and from a trusted one what the nearest proxy wrote."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from tests.attacks.conftest import Sites
from tests.attacks.strategies import (
    OWNERS,
    TRUSTED,
    UNTRUSTED,
    addresses,
    forwarding,
    known,
    lists,
    names,
    others,
    paths,
    protocols,
)
from tests.support.logs import recorded_lines
from tests.support.wsgi import Answer, Server

EXAMPLES = examples(max_examples=80)
FORWARDED = ("HTTP_X_FORWARDED", "HTTP_FORWARDED")


def seen(answer: Answer) -> tuple[object, ...]:
    own = (
        "X-Request-Id",
        "Set-Cookie",
        "Cache-Status",
        "Content-Length",
    )  # the layer knows the length, Django does not
    return answer.status, {name: value for name, value in answer.headers.items() if name not in own}, answer.body


@EXAMPLES
@given(
    peer=st.sampled_from(UNTRUSTED),
    host=names,
    path=paths.filter(lambda path: path not in {"/livez", "/tls/ask"}),
    headers=forwarding,
)
def test_an_untrusted_peers_headers_change_nothing(
    peer: str, host: str, path: str, headers: dict[str, str], server: Server
) -> None:
    """Not the status, a header, a byte of the page, the client in the log, or what is stored."""
    for through in ("django", "front", "front"):
        plain = server.get(host, path, through=through, REMOTE_ADDR=peer)
        with recorded_lines() as lines:
            forged = server.get(host, path, through=through, REMOTE_ADDR=peer, **headers)
            clients = [line["client"] for line in lines() if line["event"] == "request"]
        assert seen(forged) == seen(plain)
        assert clients == [peer]


@EXAMPLES
@given(peer=st.sampled_from(UNTRUSTED), headers=forwarding)
def test_no_code_finds_an_untrusted_peers_headers(peer: str, headers: dict[str, str], sites: Sites) -> None:
    sent: dict[str, Any] = {"HTTP_HOST": "north.test", "REMOTE_ADDR": peer, **headers}
    request = Client(**sent).get("/").wsgi_request
    for mapping in (request.META, request.headers):
        assert [name for name in mapping if "FORWARDED" in name.upper()] == []
    assert (request.scheme, request.get_host(), request.get_port()) == ("http", "north.test", "80")
    assert request.build_absolute_uri("/x") == "http://north.test/x"


@EXAMPLES
@given(peer=st.sampled_from(TRUSTED), host=known, headers=others)
def test_headers_that_are_not_ours_change_nothing_from_anyone(
    peer: str, host: str, headers: dict[str, str], server: Server
) -> None:
    """X-Real-IP, X-Original-URL, X-Host and so on: no page, site or address follows them."""
    kept = {name: value for name, value in headers.items() if name not in {"HTTP_COOKIE", "SERVER_PORT"}}
    plain = server.get(host, "/about/", through="django", REMOTE_ADDR=peer)
    for through in ("django", "front", "front"):
        assert seen(server.get(host, "/about/", through=through, REMOTE_ADDR=peer, **kept))[::2] == seen(plain)[::2]


def nth(header: str, hops: int) -> str:
    """The value that the nearest trusted proxy added."""
    values = [value.strip(" \t") for value in header.split(",")]
    return values[max(0, len(values) - hops)]


@EXAMPLES
@given(peer=st.sampled_from(TRUSTED), hops=st.integers(1, 3), hosts=lists, schemes=protocols, clients=addresses)
def test_a_trusted_peers_nearest_values_count(
    peer: str, hops: int, hosts: str, schemes: str, clients: str, server: Server, settings: Settings
) -> None:
    """As if the nearest proxy had sent these values alone, and as `Host`."""
    settings.PROXY_HOPS = hops
    chosen = {"HTTP_X_FORWARDED_PROTO": nth(schemes, hops), "HTTP_X_FORWARDED_FOR": nth(clients, hops)}
    sent = {"HTTP_X_FORWARDED_HOST": hosts, "HTTP_X_FORWARDED_PROTO": schemes, "HTTP_X_FORWARDED_FOR": clients}
    for through in ("django", "front"):
        expected = server.get(nth(hosts, hops), through=through, REMOTE_ADDR=peer, **chosen)
        found = server.get("internal", through=through, REMOTE_ADDR=peer, **sent)
        assert seen(found) == seen(expected)


@EXAMPLES
@given(peer=st.sampled_from(TRUSTED), host=st.sampled_from(tuple(OWNERS)), forwarded=st.sampled_from(tuple(OWNERS)))
def test_under_the_host_of_one_site_there_is_no_other(
    peer: str, host: str, forwarded: str, server: Server, sites: Sites
) -> None:
    """A proxy that passes X-Forwarded-Host through routes, and may cache, by `Host`."""
    ids = {name: str(getattr(sites, name).pk) for name in ("north", "south", "closed")}
    for through in ("django", "front"):
        answer = server.get(host, through=through, REMOTE_ADDR=peer, HTTP_X_FORWARDED_HOST=forwarded)
        if OWNERS[host] != "listed" and OWNERS[host] != OWNERS[forwarded]:
            assert answer.status == 400
            assert "X-Site-Id" not in answer.headers
        else:
            owner = OWNERS[forwarded]
            assert answer.headers["X-Site-Id"] == ids["north" if owner == "listed" else owner]


@pytest.mark.parametrize(
    "host", ["south.test,north.test", "south.test, north.test", "evil.example,north.test", "x,north.test"]
)
def test_a_copy_of_host_is_no_list(host: str, server: Server) -> None:
    """Caddy copies whatever a client wrote into `Host`; the value on the right would be the client's choice."""
    for through in ("django", "front"):
        answer = server.get(host, through=through, HTTP_X_FORWARDED_HOST=host)
        assert (answer.status, answer.headers.get("X-Site-Id")) == (400, None)


@pytest.mark.parametrize("name", [*FORWARDED, "HTTP_X_FORWARDED_FOR", "HTTP_VIA", "HTTP_X_REAL_IP"])
def test_a_report_for_operators_is_not_for_clients_of_a_proxy(name: str, server: Server) -> None:
    """A proxy inside is trusted; its visitors are not."""
    for target in ("/healthz", "/tls/ask?domain=north.test"):
        assert server.get("10.0.0.1:8000", target).status != 404
        assert server.get("10.0.0.1:8000", target, **{name: "203.0.113.9"}).status == 404
        assert server.get("10.0.0.1:8000", target, REMOTE_ADDR="203.0.113.9").status == 404


def test_metrics_are_on_no_port_of_visitors(server: Server) -> None:
    for peer in (*TRUSTED, *UNTRUSTED):
        for host in ("north.test", "10.0.0.1:8000", "nowhere.test"):
            answer = server.get(host, "/metrics", REMOTE_ADDR=peer)
            assert answer.status == 404
            assert b"colonnade_" not in answer.body
