"""Hosts through the front door: HTTP against the whole stack of middlewares."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import NoCurrentSite, current_site, use_site
from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import Browser

STRANGER = "203.0.113.9"


@pytest.fixture(autouse=True)
def homes(north: Site, south: Site) -> None:
    for site in (north, south):
        with use_site(site):
            Page.objects.create(title=f"Home of {site.name}", status="published")
            Page.objects.create(title=f"About {site.name}", slug="about", status="published")


def get(host: str, path: str = "/", *, peer: str = "10.1.2.3", secure: bool = False, **headers: str) -> Any:
    meta: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return Client(HTTP_HOST=host, REMOTE_ADDR=peer).get(path, secure=secure, **meta)


def test_it_works() -> None:
    north, south = get("north.test"), get("south.test")
    assert b"Home of North" in north.content
    assert b"Home of South" in south.content
    assert north.headers["X-Site-Source"] == "host"
    assert north.headers["X-Site-Id"] != south.headers["X-Site-Id"]
    with pytest.raises(NoCurrentSite):
        current_site()


@pytest.mark.parametrize(
    "host", ["NORTH.test", "north.test.", "north.test:443", "north.test:8000", "North.Test.:80", "north\uff0etest"]
)
def test_one_site_in_every_spelling(host: str) -> None:
    assert b"Home of North" in get(host.encode("utf-8").decode("latin-1")).content


def test_an_international_domain_in_both_forms() -> None:
    site = Site.objects.create(domain="BÜCHER.example", name="Books")
    assert site.domain == "xn--bcher-kva.example"
    with use_site(site):
        Page.objects.create(title="Shelves", status="published")
    for host in ("xn--bcher-kva.example", "bücher.example".encode().decode("latin-1"), "XN--bcher-KVA.example"):
        assert b"Shelves" in get(host).content


@pytest.mark.parametrize(
    "host",
    [
        "..",
        "a..b",
        "-a.com",
        "a" * 300,
        "a b",
        "north.test:0",
        "north.test:99999",
        "north.test:",
        "north.test, south.test",
        "north.test,south.test",
        "no\trth.test",
        "north_.test",
        "a\x01b",
        "\xff\xfe",
        "",
        "north.test/",
        "north.test@evil.test",
    ],
)
def test_what_is_no_host_gets_400_and_is_not_repeated(host: str) -> None:
    response = get(host)
    assert response.status_code == 400
    assert response.headers["Cache-Control"] == "no-store"
    assert not host.strip(". ") or host not in response.content.decode()
    assert "X-Site-Id" not in response.headers


@pytest.mark.parametrize("host", ["nowhere.test", "[::1]:8000", "127.0.0.1", "north.test.evil.test"])
def test_an_unknown_host_gets_404_without_a_query_or_a_cookie(host: str) -> None:
    get("north.test")  # loads the directory
    with CaptureQueriesContext(connection) as queries:
        response = get(host, "/admin/login/")
    assert response.status_code == 404
    assert len(queries) == 0
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    assert b"No site is configured" in response.content
    assert host.encode() not in response.content


def test_a_host_that_an_operator_listed_falls_back_to_the_setting_and_the_environment(
    settings: Settings, north: Site, south: Site
) -> None:
    settings.LISTED_HOSTS, settings.DEFAULT_SITE_ID = ["admin.test"], north.pk
    response = get("admin.test")
    assert (response.headers["X-Site-Id"], response.headers["X-Site-Source"]) == (str(north.pk), "setting")
    settings.MEZZANINE_SITE_ID = south.pk
    response = get("admin.test")
    assert (response.headers["X-Site-Id"], response.headers["X-Site-Source"]) == (str(south.pk), "environment")
    assert get("south.test").headers["X-Site-Source"] == "host"
    assert get("other.test").status_code == 404


def test_the_forwarded_host_decides_from_a_trusted_peer() -> None:
    assert b"Home of South" in get("internal", x_forwarded_host="south.test").content
    assert b"Home of South" in get("internal", x_forwarded_host="evil.test, south.test").content


def test_a_stranger_forwards_nothing() -> None:
    response = get("north.test", peer=STRANGER, x_forwarded_host="south.test", x_forwarded_proto="https")
    assert b"Home of North" in response.content
    assert response.wsgi_request.scheme == "http"
    assert not [name for name in response.wsgi_request.META if name.startswith("HTTP_X_FORWARDED")]


def test_both_headers_naming_two_sites_are_refused() -> None:
    response = get("north.test", x_forwarded_host="south.test")
    assert response.status_code == 400
    assert b"two different sites" in response.content


@pytest.mark.parametrize("forwarded", ["", "a b", "north.test,", "x" * 300, "north.test:0"])
def test_a_forwarded_host_that_is_none_gets_400(forwarded: str) -> None:
    assert get("internal", x_forwarded_host=forwarded).status_code == 400


@pytest.mark.parametrize(
    ("sent", "secure"), [("https", True), ("wss", True), ("http", False), ("http, https", True), ("https, http", False)]
)
def test_the_scheme_is_the_nearest_proxys(sent: str, secure: bool) -> None:
    assert get("north.test", x_forwarded_proto=sent).wsgi_request.is_secure() is secure


def test_third_party_code_sees_the_effective_host() -> None:
    request = get("internal:9", x_forwarded_host="South.test.:8443").wsgi_request
    assert request.get_host() == "south.test:8443"
    assert "HTTP_X_FORWARDED_HOST" not in request.META


def test_an_alias_redirects_with_path_and_query() -> None:
    response = get("www.north.test:8000", "/about/?a=1&b=%20")
    assert response.status_code == 301
    assert response.headers["Location"] == "http://north.test:8000/about/?a=1&b=%20"
    assert Client(HTTP_HOST="www.north.test").post("/about/").status_code == 308


def test_an_alias_is_no_open_redirect() -> None:
    location = Client(HTTP_HOST="www.north.test").generic("GET", "//evil.test/x").headers["Location"]
    assert location.startswith("http://north.test/")


def test_an_alias_goes_straight_to_https_where_that_is_asked_for(settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS = True
    assert get("www.north.test:80", "/about/").headers["Location"] == "https://north.test/about/"


def test_a_redirect_to_https_drops_the_port_of_http_for_every_host(settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS = True
    for host in ("north.test:8000", "www.north.test:8000"):
        response = get(host, "/about/?a=1")
        assert (response.status_code, response.headers["Location"]) == (301, "https://north.test/about/?a=1")
    assert Client(HTTP_HOST="north.test").post("/about/").status_code == 308
    assert get("north.test", "/about/", secure=True).status_code == 200


@pytest.mark.parametrize(("proto", "port"), [("https", 443), ("http", 80)])
def test_the_default_port_in_a_forwarded_host_breaks_no_form_and_no_redirect(nora: User, proto: str, port: int) -> None:
    """nginx's `$host:$server_port`: a browser's Origin has no such port."""
    headers: dict[str, Any] = {
        "HTTP_HOST": "pod",
        "HTTP_X_FORWARDED_HOST": f"north.test:{port}",
        "HTTP_X_FORWARDED_PROTO": proto,
    }
    browser = Client(enforce_csrf_checks=True, REMOTE_ADDR="10.0.0.1", **headers)
    token = browser.get("/admin/login/").context["csrf_token"]
    sent = {"username": "nora", "password": "nora", "csrfmiddlewaretoken": str(token), "next": "/admin/"}
    assert browser.post("/admin/login/", sent, HTTP_ORIGIN=f"{proto}://north.test").status_code == 302
    headers["HTTP_X_FORWARDED_HOST"] = f"www.north.test:{port}"
    assert Client(REMOTE_ADDR="10.0.0.1", **headers).get("/").headers["Location"] == f"{proto}://north.test/"


def test_every_early_response_has_the_security_headers(north: Site, south: Site, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    for site, state in ((north, "suspended"), (south, "archived")):
        site.profile.state = state
        site.profile.save()
    for host, path, status in (
        ("www.north.test", "/", 301),
        ("north.test", "/", 503),
        ("south.test", "/", 410),
        ("nowhere.test", "/", 404),
        ("a..b", "/", 400),
        ("south.test", "/%00", 404),
    ):
        response = get(host, path, secure=True)
        assert response.status_code == status
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Strict-Transport-Security"] == "max-age=60"


def test_an_address_without_its_slash_leads_to_the_view() -> None:
    response = get("north.test", "/admin?a=1")
    assert (response.status_code, response.headers["Location"]) == (301, "/admin/?a=1")


def test_an_alias_may_serve_without_redirecting(north: Site) -> None:
    Alias.objects.create(site=north, host="*.school.test", redirect=False)
    assert b"Home of North" in get("a.b.school.test").content
    assert get("school.test").status_code == 404


@pytest.mark.parametrize(("state", "status"), [("suspended", 503), ("archived", 410)])
def test_a_closed_site_turns_visitors_away_and_lets_staff_in(north: Site, nora: User, state: str, status: int) -> None:
    SiteProfile.objects.filter(site=north).update(state=state)
    SiteProfile.objects.get(site=north).save()
    response = get("north.test", "/about/")
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in response.headers) == (status == 503)
    browser = Browser("north.test")
    browser.force_login(nora)
    assert browser.get("/admin/").status_code == 200
    assert get("south.test").status_code == 200


def test_two_hosts_interleaved_in_one_thread_stay_apart() -> None:
    for _ in range(3):
        assert b"Home of North" in get("north.test").content
        assert b"Home of South" in get("south.test").content
        assert get("nowhere.test").status_code == 404


def test_anonymous_pages_set_no_cookie_and_do_not_vary_by_one() -> None:
    response = get("north.test")
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_host_that_was_stored_past_the_forms_in_another_spelling_is_served(north: Site, south: Site) -> None:
    Site.objects.filter(pk=north.pk).update(domain="BÜCHER.test.")
    Alias.objects.create(site=north, host="*.North.TEST")
    Site.objects.filter(pk=south.pk).update(domain="xn--bcher-kva.test")
    assert Browser("xn--bcher-kva.test").get("/").headers["X-Site-Id"] == str(north.pk)
    sent_on = Browser("a.north.test").get("/")
    assert sent_on.headers["Location"] == "http://xn--bcher-kva.test/"
