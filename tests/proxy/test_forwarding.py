"""What reaches the application is the proxy's word, never the visitor's."""

from __future__ import annotations

import json

import pytest

from tests.proxy.fronts import FORGED, Front
from tests.support.http import Response, exchange, visit


def arrived(answer: Response) -> dict[str, list[str]]:
    assert answer.status == 200, answer
    lines: dict[str, list[str]] = {}
    for name, value in json.loads(answer.body):
        lines.setdefault(name, []).append(value)
    return lines


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_visitors_own_forwarding_headers_are_overwritten(mirror: Front, tls: bool) -> None:
    port = mirror.https if tls else mirror.http
    lines = arrived(visit(port, "north.localhost", tls=tls, headers=FORGED))

    assert lines["host"] == [f"north.localhost:{port}"]
    assert lines["x-forwarded-proto"] == ["https" if tls else "http"]
    assert lines.get("x-forwarded-host", lines["host"]) == lines["host"]
    assert lines["x-forwarded-for"] == ["127.0.0.1"]
    assert "forwarded" not in lines


NOMINATED = {"Connection": "close, Host, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-For, Forwarded"}


@pytest.mark.parametrize("headers", [NOMINATED, {**FORGED, **NOMINATED}], ids=["plain", "forged"])
def test_a_visitor_cannot_have_the_proxys_headers_dropped(mirror: Front, headers: dict[str, str]) -> None:
    """`Connection` names headers that end at the next server; a proxy must not count its own among them."""
    lines = arrived(visit(mirror.https, "north.localhost", tls=True, headers=headers))

    assert lines["host"] == [f"north.localhost:{mirror.https}"]
    assert (lines["x-forwarded-proto"], lines["x-forwarded-for"]) == (["https"], ["127.0.0.1"])
    assert lines.get("x-forwarded-host", lines["host"]) == lines["host"]


@pytest.mark.parametrize("headers", [{}, NOMINATED], ids=["plain", "nominated"])
def test_reports_and_metrics_are_not_for_visitors(proxy: Front, headers: dict[str, str]) -> None:
    for host in ("north.localhost", "127.0.0.1", "nowhere.localhost"):
        for path in ("/healthz", "/metrics", "/tls/ask?domain=north.localhost"):
            answer = visit(proxy.https, host, path, tls=True, headers=headers)
            assert (answer.status, "colonnade_" in answer.body) == (404, False)


def test_headers_with_underscores_do_not_pass_for_forwarding_ones(proxy: Front) -> None:
    answer = visit(proxy.https, "north.localhost", tls=True, headers={"X_Forwarded_Host": "south.localhost"})

    assert "North Valley School" in answer.body


@pytest.mark.parametrize(
    "hosts",
    [
        "Host: north.localhost\nHost: south.localhost",
        "Host: north.localhost, south.localhost",
        "Host: north.localhost south.localhost",
        "Host: north.localhost/../south",
        "Host: -north.localhost",
        "Host: nora@south.localhost",
        "Host:",
    ],
    ids=["twice", "comma", "space", "path", "hyphen", "userinfo", "empty"],
)
def test_no_page_for_a_host_that_is_none(proxy: Front, hosts: str) -> None:
    answer = exchange(proxy.https, f"GET / HTTP/1.1\n{hosts}\nConnection: close", tls="north.localhost")

    assert answer.status in {0, 400, 404, 421}, answer
    assert "North Valley" not in answer.body
    assert "South Quarter" not in answer.body


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 4\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Content-Length: 4\nContent-Length: 5",
        "Host : south.localhost",
    ],
    ids=["both-lengths", "odd-encoding", "two-lengths", "space-before-colon"],
)
def test_a_request_that_two_servers_could_read_differently_gets_no_page_of_another_site(
    proxy: Front, lines: str
) -> None:
    smuggled = "GET / HTTP/1.1\r\nHost: south.localhost\r\n\r\n"
    request = f"POST / HTTP/1.1\nHost: north.localhost\nConnection: close\n{lines}\n\n0\r\n\r\n{smuggled}"
    answer = exchange(proxy.https, request, tls="north.localhost")

    assert answer.status != 200
    assert "South Quarter" not in answer.body
