"""The shipped recipes in front of gunicorn: the right site, over https, whatever a visitor sends."""

from __future__ import annotations

from tests.proxy.fronts import FORGED, Front
from tests.support.http import visit


def test_it_works(proxy: Front) -> None:
    assert "North Valley School" in visit(proxy.https, "north.localhost", tls=True).body
    assert "South Quarter Gazette" in visit(proxy.https, "south.localhost", tls=True).body


def test_a_domain_of_no_site_is_not_found(proxy: Front) -> None:
    answer = visit(proxy.https, "nowhere.localhost", tls=True)

    assert answer.status == 404
    assert "set-cookie" not in answer.headers


def test_forged_headers_change_neither_site_nor_scheme(proxy: Front) -> None:
    answer = visit(proxy.https, "north.localhost", tls=True, headers=FORGED)
    plain = visit(proxy.http, "north.localhost", headers={"X-Forwarded-Proto": "https"})

    assert answer.status == 200
    assert "North Valley School" in answer.body
    assert "South Quarter" not in answer.body
    # Over http the visitor is sent to https; a forged `https` would have got the page, and cookies in the clear.
    assert (plain.status, plain.headers["location"].partition(":")[0]) == (301, "https")


def test_no_visitor_learns_which_names_get_certificates(proxy: Front) -> None:
    """Every recipe adds a forwarding header, by which the application knows visitors."""
    answers = [
        visit(proxy.https, "north.localhost", f"/tls/ask?domain={domain}", tls=True)
        for domain in ("north.localhost", "nowhere.localhost")
    ]
    assert [(answer.status, answer.body) for answer in answers] == [(404, "Not Found\n")] * 2


def test_an_alias_leads_to_the_domain_over_https(proxy: Front) -> None:
    answer = visit(proxy.https, "www.north.localhost", "/about/?a=b", tls=True)

    assert answer.status == 301
    assert answer.headers["location"] == f"https://north.localhost:{proxy.https}/about/?a=b"


def test_cookies_are_for_https_alone(proxy: Front) -> None:
    answer = visit(proxy.https, "north.localhost", "/admin/login/", tls=True)

    assert answer.status == 200
    assert "Secure" in answer.headers["set-cookie"]


def test_a_websocket_handshake_is_no_trap(proxy: Front) -> None:
    """Traefik calls its scheme `wss`; that must not look like http, or the answer would be a redirect to itself."""
    handshake = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer = visit(proxy.https, "north.localhost", tls=True, headers=handshake)

    assert answer.status == 200


def test_wss_counts_as_https(application: int) -> None:
    secure = visit(application, "north.localhost", headers={"X-Forwarded-Proto": "wss"})
    plain = visit(application, "north.localhost", headers={"X-Forwarded-Proto": "ws"})

    assert (secure.status, plain.status) == (200, 301)
