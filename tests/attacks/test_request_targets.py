"""What a request line and a Content-Type may say beside `Host` and the address."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from app.tenancy.requests.charset import UTF8Request
from tests.support.wsgi import Server

TARGETS = {
    "/about/": 200,
    "http://north.test/about/": 200,
    "https://NORTH.test.:443/about/": 200,
    "HTTP://north.test?a=/x": 200,
    "http://south.test/about/": 400,
    "http://evil.example/about/": 400,
    "http://north.test@south.test/": 400,
    "http://south.test#north.test/": 400,
    "http:///about/": 400,
    "about/?x=http://north.test/": 400,
    "north.test:443": 400,
    "http://north.test\\south.test/": 400,
}


@pytest.mark.parametrize("through", ["django", "front"])
def test_a_host_in_the_request_line_is_the_one_of_host(through: str, server: Server) -> None:
    """A cache in front goes by the request line (RFC 9112): it would store the page of `Host` for the other site."""
    for target, status in TARGETS.items():
        answers = [server.get("north.test", "/about/", through=through, RAW_URI=target) for _ in range(2)]
        assert {answer.status for answer in answers} == {status}, target
        assert {b"About North" in answer.body for answer in answers} == {status == 200}, target


UNREADABLE = [
    *(
        f"text/plain; charset={name}"
        for name in ("rot13", "zlib", "undefined", "idna", "hex", "utf-16", "utf-7", "\x00")
    ),
    "text/plain; name*=nope''x",
    "text/plain; x*=\x00''undefined",
    ";" * 5000,
]


@pytest.mark.parametrize("target", ["/admin/login/?next=%41", "/healthz?token=%41", "/livez?%41", "/?%41"])
def test_no_content_type_is_an_error(target: str, server: Server) -> None:
    """Django reads it while it creates the request: before any middleware, also for a GET."""
    for host in ("north.test", "www.north.test", "nowhere.test"):
        for through in ("django", "front"):
            expected = server.get(host, target, through=through).status
            assert expected < 500
            for content_type in UNREADABLE:
                found = server.get(host, target, through=through, CONTENT_TYPE=content_type)
                assert found.status == expected, (host, through, content_type)


def test_a_thousand_parameters_are_no_error(server: Server) -> None:
    for content_type in ("", "text/plain; charset=utf-8", "text/plain; charset=rot13"):
        for target in ("/?" + "a&" * 2000, "/about/?" + "a&" * 2000):
            assert server.get("north.test", target, CONTENT_TYPE=content_type).status == 200
        assert server.get("north.test", "/admin/login/?" + "a&" * 2000, CONTENT_TYPE=content_type).status in {200, 400}


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json")


def test_a_body_in_another_charset_is_refused(server: Server) -> None:
    """403 is what a form without a token gets."""
    others, ours = ("rot13", "iso-8859-1", "utf-16", "nothing"), ("utf-8", "UTF8", "us-ascii")
    for kind in FORMS:
        expected = {"": 403, **dict.fromkeys(others, 415), **dict.fromkeys(ours, 403)}
        for charset, status in expected.items():
            sent = {"method": "POST", "CONTENT_TYPE": f"{kind}; charset={charset}" if charset else kind}
            assert server.get("north.test", "/admin/login/?next=%41", **sent).status == status, sent


@pytest.mark.parametrize("content_type", ["", *UNREADABLE, "text/plain; charset=latin-1", "text/plain; charset=utf-8"])
def test_one_address_means_one_thing(content_type: str) -> None:
    environ = RequestFactory().get("/about/?q=%C3%BC").environ
    request = UTF8Request({**environ, "CONTENT_TYPE": content_type})
    assert request.GET["q"] == "\u00fc"
