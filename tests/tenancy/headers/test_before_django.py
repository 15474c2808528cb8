"""What the layer before Django sends by itself has the same headers, and knows the names of the cookies."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.handlers.wsgi import WSGIHandler
from pytest_django import Settings

from app.accounts.models import User
from app.pagecache.front import Front
from app.pagecache.store import Pages
from app.tenancy.directory import directory
from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import page

# Requests close the connection of their thread, so no transaction may be around the test.
pytestmark = pytest.mark.django_db(transaction=True)
CSP, HSTS = "Content-Security-Policy", "Strict-Transport-Security"
Get = Callable[..., dict[str, str]]


@pytest.fixture
def get(transactional_db: None, north: Site, south: Site, settings: Settings) -> Get:
    """Requests over TLS; the status and the headers of the response."""
    settings.SECURE_HSTS_SECONDS = 60
    front: list[Front] = []

    def get(host: str, path: str = "/", **headers: str) -> dict[str, str]:
        if not front:
            front.append(Front(WSGIHandler(), {}, Pages(seconds=60, most_bytes=10**6, shared=None)))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "SERVER_NAME": "pod",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "10.0.0.1",
            "HTTP_HOST": host,
            "HTTP_X_FORWARDED_PROTO": "https",
            "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http",
            **headers,
        }
        found: dict[str, str] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            found.update(headers, status=status[:3])

        list(front[0](environ, start))
        return found

    return get


def test_redirects_have_the_headers_of_their_host(north: Site, get: Get, settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS, settings.SSL_REDIRECT_EXCEPT = True, frozenset({"plain.test"})
    Alias.objects.create(site=north, host="plain.test")
    for _ in range(2):
        assert get("www.north.test")[HSTS] == "max-age=60"
        assert get("plain.test")[HSTS] == "max-age=0"
    of_admin, of_page = get("www.north.test", "/admin/"), get("www.north.test", "/page/")
    assert of_admin[CSP] == of_page[CSP]
    SiteProfile.objects.filter(site=north).update(settings={"headers": {"hsts_seconds": 5}})
    directory.forget()
    assert get("www.north.test")[HSTS] == "max-age=5"
    assert get("nowhere.test")[HSTS] == "max-age=60"
    assert get("nowhere.test")["status"] == "404"


def test_stored_pages_have_the_policy_of_the_site_as_it_is(north: Site, get: Get) -> None:
    page(north, path="/", slug="", title="Home")
    assert "stored" in get("north.test")["Cache-Status"]
    hit = get("north.test")
    assert "hit" in hit["Cache-Status"]
    assert (hit[CSP], hit[HSTS]) == (get("north.test", "/nowhere/")[CSP], "max-age=60")
    allowed = {"content_security_policy": {"img-src": ["https://images.example"]}}
    SiteProfile.objects.filter(site=north).update(settings={"headers": allowed})
    directory.forget()
    assert "https://images.example" in get("north.test")[CSP]


def test_somebody_with_a_session_gets_no_stored_page(north: Site, nora: User, get: Get) -> None:
    page(north, path="/", slug="", title="Home")
    get("north.test")
    assert "Cache-Status" not in get("north.test", HTTP_COOKIE="__Host-sessionid=x")
    assert "hit" in get("north.test", HTTP_COOKIE="sessionid=x")["Cache-Status"]  # counts for nothing over TLS
    plain = {"HTTP_X_FORWARDED_PROTO": "http"}
    get("north.test", **plain)
    assert "hit" in get("north.test", **plain)["Cache-Status"]
    assert "Cache-Status" not in get("north.test", HTTP_COOKIE="sessionid=x", **plain)


def test_an_alias_that_is_a_host_of_the_admin_is_not_redirected(north: Site, get: Get, settings: Settings) -> None:
    settings.ADMIN_HOSTS = ["www.north.test"]
    assert get("www.north.test", "/admin/login/")["status"] == "200"
    assert get("north.test", "/admin/login/")["status"] == "404"
