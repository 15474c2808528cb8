"""The redirect to HTTPS, decided by the host, and the cookies, whose names and flags follow the request."""

from __future__ import annotations

from http.cookies import Morsel
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.models import Alias
from tests.support.makers import Browser

SIGN_IN = "/admin/login/"


@pytest.fixture(params=[True, False], ids=["all-but", "only"])
def redirected(request: pytest.FixtureRequest, settings: Settings, north: Site, south: Site) -> bool:
    """Whether north is redirected; south, its alias and every host below `plain.test` are the exceptions."""
    Alias.objects.create(site=south, host="*.plain.test", redirect=False)
    settings.REDIRECT_TO_HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = request.param
    settings.SSL_REDIRECT_EXCEPT = frozenset({"south.test", "*.plain.test"})
    return bool(request.param)


@pytest.mark.parametrize("host", ["south.test", "a.plain.test", "a.b.plain.test"])
def test_an_exception_gets_the_opposite(redirected: bool, host: str) -> None:
    expected = {"north.test": redirected, host: not redirected}
    for name, moved in expected.items():
        response = Client(HTTP_HOST=name).get("/admin/login/?next=/admin/")
        assert response.status_code == (301 if moved else 200)
        if moved:
            assert response.headers["Location"] == f"https://{name}/admin/login/?next=/admin/"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_alias_redirects_to_the_scheme_of_its_site(redirected: bool, north: Site, south: Site) -> None:
    for site in (north, south):
        Alias.objects.create(site=site, host=f"www2.{site.domain}")
    schemes = {
        site.domain: Client(HTTP_HOST=f"www2.{site.domain}").get("/").headers["Location"].partition(":")[0]
        for site in (north, south)
    }
    assert schemes == {"north.test": "https" if redirected else "http", "south.test": "http" if redirected else "https"}


def signed_in(host: str, *, tls: bool) -> tuple[Browser, dict[str, Morsel[str]]]:
    """A browser in which nora has signed in, and the cookies that it was given for that."""
    browser = Browser(host, enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"} if tls else {})
    form: Any = browser.get(SIGN_IN)
    sent = {"username": "nora", "password": "nora", "csrfmiddlewaretoken": str(form.context["csrf_token"])}
    origin = {"Origin": f"{'https' if tls else 'http'}://{host}"}
    done = browser.post(SIGN_IN, {**sent, "next": "/admin/"}, headers=origin)
    assert done.status_code == 302
    return browser, dict(done.cookies)


def test_cookies_have_the_prefix_over_tls(redirected: bool, nora: User, south: Site, sam: User) -> None:
    """On a host without the redirect to HTTPS too: it may be reached through a proxy that redirects."""
    browser, cookies = signed_in("north.test", tls=True)
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in cookies.values():
        assert cookie["secure"] is True
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert cookies["__Host-sessionid"]["httponly"] is True
    assert browser.get("/admin/").status_code == 200
    other = Client(HTTP_HOST="south.test", headers={"X-Forwarded-Proto": "https"}).get(SIGN_IN)
    assert set(other.cookies) == {"__Host-csrftoken"}


def test_cookies_have_plain_names_without_tls(settings: Settings, nora: User) -> None:
    settings.REDIRECT_TO_HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SSL_REDIRECT_EXCEPT = frozenset({"north.test"})
    browser, cookies = signed_in("north.test", tls=False)
    assert set(cookies) == {"sessionid", "csrftoken"}
    assert not any(cookie["secure"] for cookie in cookies.values())
    assert browser.get("/admin/").status_code == 200


def test_a_plain_name_counts_for_nothing_over_tls(nora: User) -> None:
    """Another subdomain, or anybody on the network, can set it."""
    browser, cookies = signed_in("north.test", tls=False)
    planted = f"sessionid={cookies['sessionid'].value}; csrftoken={cookies['csrftoken'].value}"
    over_tls: dict[str, Any] = {"HTTP_HOST": "north.test", "headers": {"X-Forwarded-Proto": "https"}}
    assert browser.get("/admin/").status_code == 200
    assert Client(**over_tls, HTTP_COOKIE=planted).get("/admin/").status_code == 302
    _, own = signed_in("north.test", tls=True)
    real = f"__Host-sessionid={own['__Host-sessionid'].value}; {planted}"
    assert Client(**over_tls, HTTP_COOKIE=real).get("/admin/").status_code == 200


def test_the_prefix_counts_for_nothing_without_tls(nora: User) -> None:
    """There it promises nothing: no browser sends it, so it comes from something else."""
    _, cookies = signed_in("north.test", tls=True)
    planted = f"__Host-sessionid={cookies['__Host-sessionid'].value}"
    assert Client(HTTP_HOST="north.test", HTTP_COOKIE=planted).get("/admin/").status_code == 302


def test_signing_out_deletes_the_cookie_that_the_browser_has(nora: User) -> None:
    browser, _ = signed_in("north.test", tls=True)
    form: Any = browser.get("/admin/")
    sent = {"csrfmiddlewaretoken": str(form.context["csrf_token"])}
    gone = browser.post("/admin/logout/", sent, headers={"Origin": "https://north.test"}).cookies["__Host-sessionid"]
    assert (gone.value, gone["max-age"], gone["secure"]) == ("", 0, True)


def test_public_pages_set_no_cookie(north: Site) -> None:
    for headers in ({}, {"X-Forwarded-Proto": "https"}):
        assert not Client(HTTP_HOST="north.test", headers=headers).get("/").cookies
