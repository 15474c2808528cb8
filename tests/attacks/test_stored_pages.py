"""What a page is stored under, and whose headers are kept for others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from hypothesis import given
from hypothesis import settings as examples

from app.pagecache.entry import Address
from app.pagecache.views import page_cached
from app.tenancy.directory import directory
from app.tenancy.models import Alias
from tests.attacks.conftest import Sites
from tests.attacks.strategies import environs
from tests.support.wsgi import Server

EXAMPLES = examples(max_examples=150)
PORTS = range(1000, 1050)


def stored(server: Server) -> list[Address]:
    return list(server.pages._entries)


@EXAMPLES
@given(environ=environs())
def test_whatever_is_sent_a_page_is_stored_for_its_own_site_and_domain(
    environ: dict[str, str], server: Server, sites: Sites
) -> None:
    server.get(None, **environ)
    own = {(sites.north.pk, "north.test"), (sites.south.pk, "south.test")}
    ports = ("", ":80", ":443", ":8000")
    for address in stored(server):
        assert (address.site_id, address.host) in {(site, domain + port) for site, domain in own for port in ports}
        assert (address.path, address.query) in {("/", ""), ("/about/", "")}
    assert len(server.front.direct._added) <= 20


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9", ""])
def test_ports_fill_nothing(peer: str, server: Server) -> None:
    """On a unix socket (no peer address) gunicorn gives the port of `Host` for the server's own."""
    for port in PORTS:
        found = server.get(f"north.test:{port}", REMOTE_ADDR=peer, SERVER_PORT="8000" if peer else str(port))
        assert found.status == 200
    assert stored(server) == []
    server.get("north.test", REMOTE_ADDR=peer)
    assert len(stored(server)) == 1


Change = Callable[[Sites], object]
RACES: dict[str, tuple[str, str, Change]] = {
    "an unknown host becomes a site's": (
        "new.test",
        "/admin/login/",
        lambda sites: Site.objects.create(domain="new.test", name="New"),
    ),
    "an unknown host becomes a site's, without the page": (
        "new.test",
        "/nothing/",
        lambda sites: Alias.objects.create(site=sites.south, host="new.test", redirect=False),
    ),
    "an alias serves instead of redirecting": (
        "www.north.test",
        "/admin/login/",
        lambda sites: Alias.objects.filter(host="www.north.test").update(redirect=False),
    ),
    "an alias is gone": ("www.north.test", "/", lambda sites: Alias.objects.filter(host="www.north.test").delete()),
    "an alias goes to another site": (
        "www.north.test",
        "/",
        lambda sites: Alias.objects.filter(host="www.north.test").update(site=sites.south),
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_the_headers_of_another_response_are_not_kept(race: str, server: Server, sites: Sites) -> None:
    """Django resolves the host a moment after the layer, and the directory may have changed in between."""
    host, target, change = RACES[race]
    other = {"new.test": "elsewhere.test", "www.north.test": "www2.north.test"}[host]
    Alias.objects.create(site=sites.north, host="www2.north.test")
    directory.expire()
    expected = server.get(other, through="django")
    django = server.front.direct.application

    def after_the_change(environ: Any, start_response: Any) -> Any:
        change(sites)
        directory.expire()
        return django(environ, start_response)

    server.front.direct.application = after_the_change
    server.get(host, target)
    server.front.direct.application = django
    for _ in range(2):
        found = server.get(other)
        assert found.status == expected.status
        assert {name for name in found.headers if name != "Content-Length"} == set(expected.headers) - {
            "Content-Length"
        }
        assert found.headers.get("X-Site-Id") == expected.headers.get("X-Site-Id")


@page_cached(query=("q",))
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.GET.get("q", "").encode())


urlpatterns = [path("echo/", echo)]


@pytest.mark.parametrize("charset", ["latin-1", "utf-7", "utf-16", "cp037", "rot13"])
def test_a_charset_stores_nothing_under_the_address_of_another_page(charset: str, server: Server) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        for query in ("q=%C3%BC", "q=%2BADw-", "q=%41"):
            expected = server.get("north.test", f"/echo/?{query}", through="django").body
            server.get("north.test", f"/echo/?{query}", CONTENT_TYPE=f"text/plain; charset={charset}")
            found = server.get("north.test", f"/echo/?{query}")
            assert (found.found, found.body) == ("hit", expected)
