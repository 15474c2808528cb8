"""Redirects lead to a host of the same site, and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings as configured
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from app.accounts.models import User
from app.redirects.models import Redirect
from app.tenancy.current import use_site
from tests.attacks.conftest import Sites
from tests.support.makers import Browser, person
from tests.support.wsgi import Server

EXAMPLES = examples(max_examples=100)
TARGETS = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "\x01//evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:\\evil.example",
    "//north.test@evil.example",
    "//evil.example\\@north.test",
    "http://north.test:80@evil.example/",
    "http://north.test.evil.example/",
    "//[::1",
    "javascript:alert(1)",
    "data:text/html,x",
    "//\uff45vil.example",
    "//evil\u3002example",
    "http://south.test/",
    "//www.south.test/",
)
PIECES = (
    "/",
    "//",
    "\\",
    "\t",
    "\n",
    "\r",
    " ",
    ":",
    "@",
    "#",
    "?",
    ".",
    "evil.example",
    "north.test",
    "http",
    "https:",
)
texts = st.lists(st.sampled_from((*PIECES, "javascript:", "%2f", "\x00", "\u3002", "a")), max_size=8).map("".join)


def lands_on(location: str, base: str) -> str:
    """The host that a browser goes to (WHATWG URL): it drops tabs and line ends, and reads a backslash as a slash."""
    text = "".join(letter for letter in location if letter not in "\t\r\n").strip("".join(map(chr, range(33))))
    text = text.replace("\\", "/")
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"http", "https"}:
        text = f"{scheme}://{rest.lstrip('/')}"  # a browser needs no slash after the scheme
    elif text.startswith("//"):
        text = "//" + text.lstrip("/")
    whole = urlsplit(urljoin(base, text))
    return whole.hostname or "" if whole.scheme in {"http", "https"} else f"{whole.scheme}:"


@pytest.mark.parametrize("target", TARGETS[:-2])
def test_the_browser_of_these_tests_would_leave(target: str) -> None:
    """Or the tests below would find nothing."""
    if target != "//[::1":
        assert lands_on(target, "http://north.test/admin/") != "north.test" or "\x00" in target


@pytest.fixture
def editor(sites: Sites) -> Browser:
    person("nora", sites.north)
    browser = Browser("north.test")
    assert browser.login(username="nora", password="nora")
    return browser


def check(response: Any) -> None:
    location = response.headers.get("Location")
    if location is not None:
        assert lands_on(location, "http://north.test/admin/x/") == "north.test", location


@EXAMPLES
@given(target=st.one_of(st.sampled_from(TARGETS), texts))
@example(target="/\\\tevil.example")
@example(target="//\t")
def test_the_switcher_and_the_sign_in_stay_on_the_host(target: str, editor: Browser, sites: Sites) -> None:
    check(editor.post("/admin/switch-site/", {"site_id": sites.north.pk, "next": target}))
    check(editor.get("/admin/login/", {"next": target}))


@pytest.mark.usefixtures("editor")
def test_signing_in_and_out_stays_on_the_host() -> None:
    for target in TARGETS:
        browser = Browser("north.test")
        response = browser.post("/admin/login/", {"username": "nora", "password": "nora", "next": target})
        assert response.status_code == 302
        check(response)
        check(browser.post("/admin/logout/", {"next": target}))


def addresses(patterns: Any, before: str = "/") -> Iterator[str]:
    for entry in patterns:
        text = before + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, text)
        elif isinstance(entry, URLPattern) and not set("<(") & set(text):
            yield text


@pytest.mark.parametrize("signed_in", [True, False])
def test_no_address_of_the_platform_sends_a_visitor_elsewhere(signed_in: bool, editor: Browser) -> None:
    found = sorted(set(addresses(get_resolver(configured.ROOT_URLCONF).url_patterns)))
    assert len(found) > 30
    names = ("next", "url", "to", "return", "redirect_to", "continue")
    browser = editor if signed_in else Browser("north.test")
    for address in (one for one in found if "logout" not in one):
        for target in ("//evil.example/", "https:evil.example", "/\\evil.example"):
            check(browser.get(address, dict.fromkeys(names, target)))


@EXAMPLES
@given(path=texts.map(lambda text: f"/{text}"))
def test_a_path_never_becomes_a_host(path: str, server: Server) -> None:
    raw = path.encode().decode("latin-1")
    for host in ("www.north.test", "north.test"):
        for through in ("django", "front", "front"):
            location = server.get(host, raw, through=through).headers.get("Location", "/")
            assert lands_on(location, "http://north.test/") == "north.test", location


@EXAMPLES
@given(target=st.one_of(st.sampled_from(TARGETS), texts))
def test_an_editors_redirect_leads_to_its_site_or_says_where_it_leads(
    target: str, server: Server, sites: Sites
) -> None:
    with use_site(sites.north):
        Redirect.objects.all().delete()
        try:
            Redirect.objects.create(old_path="/old", new=target)
        except ValidationError:
            return
    for through in ("django", "front"):
        location = server.get("north.test", "/old/", through=through).headers.get("Location", "/")
        assert location.isprintable()
        assert location.isascii()
        if location.startswith(("http://", "https://")):
            assert lands_on(location, "http://north.test/old/") == urlsplit(target.strip()).hostname
            assert "@" not in location.split("/")[2]
        else:
            assert lands_on(location, "http://north.test/old/") == "north.test"


HOSTS = ("north.test", "www.north.test", "plain.north.test", "a.deep.wild.test", "south.test", "a.wild.test")


@pytest.mark.parametrize("tls", [True, False], ids=["redirect-to-https", "plain"])
@pytest.mark.parametrize("excepted", [frozenset(), frozenset({"north.test"}), frozenset({"*.test"})], ids=str)
def test_every_redirect_ends_on_the_host_of_the_site(
    tls: bool, excepted: frozenset[str], sites: Sites, settings: Settings
) -> None:
    settings.REDIRECT_TO_HTTPS, settings.SSL_REDIRECT_EXCEPT = tls, excepted
    server = Server()
    for host in HOSTS:
        for scheme in ("http", "https"):
            for port in ("", ":8000"):
                for through in ("django", "front"):
                    assert ends(server, f"{scheme}://{host}{port}/about/", through) <= 2


def ends(server: Server, address: str, through: str) -> int:
    """After how many redirects there is a page."""
    for steps in range(6):
        at = urlsplit(address)
        answer = server.get(at.netloc, at.path, through=through, HTTP_X_FORWARDED_PROTO=at.scheme)
        if answer.status == 200:
            return steps
        assert answer.status == 301
        address = answer.headers["Location"]
    pytest.fail(f"a loop at {address}")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/healthz", "/livez?a=b"])
def test_a_probe_is_never_redirected(path: str, sites: Sites, settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS = True
    server = Server()
    for host in (*HOSTS, "10.0.0.1:8000", "nowhere.test", "a..b", ""):
        for through in ("django", "front"):
            assert server.get(host, path, through=through).status not in {301, 302, 308, 400}


def test_the_form_of_another_site_signs_nobody_in(sites: Sites) -> None:
    """Another *registered* site is no more trusted than any other one."""
    person("nora", sites.north)
    assert User.objects.filter(username="nora").exists()
    for origin in ("http://south.test", "http://a.wild.test", "http://www.north.test", "http://north.test:81", "null"):
        browser = Client(HTTP_HOST="north.test", enforce_csrf_checks=True)
        token = str(browser.get("/admin/login/").context["csrf_token"])
        sent = {"username": "nora", "password": "nora", "csrfmiddlewaretoken": token}
        assert browser.post("/admin/login/", sent, headers={"Origin": origin}).status_code == 403
        assert "sessionid" not in browser.cookies
