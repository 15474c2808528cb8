"""The redirect to HTTPS and Secure cookies, decided by the host."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.test import Client
from pytest_django import Settings

from app.tenancy.models import Alias


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


def test_cookies_are_secure_where_https_is_required(redirected: bool) -> None:
    for host, secure in {"north.test": redirected, "south.test": not redirected}.items():
        page = Client(HTTP_HOST=host, headers={"X-Forwarded-Proto": "https"}).get("/admin/login/")
        assert bool(page.cookies["csrftoken"]["secure"]) is secure


def test_an_alias_redirects_to_the_scheme_of_its_site(redirected: bool, north: Site, south: Site) -> None:
    for site in (north, south):
        Alias.objects.create(site=site, host=f"www2.{site.domain}")
    schemes = {
        site.domain: Client(HTTP_HOST=f"www2.{site.domain}").get("/").headers["Location"].partition(":")[0]
        for site in (north, south)
    }
    assert schemes == {"north.test": "https" if redirected else "http", "south.test": "http" if redirected else "https"}
