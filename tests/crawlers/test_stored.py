"""The same addresses through the page cache."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site

from app.pages.models import Page
from app.redirects.models import Redirect
from app.tenancy.current import use_site
from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import make_north, make_south, page
from tests.support.posts import post
from tests.support.wsgi import Server


@pytest.fixture
def sites(transactional_db: None) -> tuple[Site, Site]:
    return make_north(), make_south()


def state(server: Server, host: str, path: str) -> tuple[str, str]:
    response = server.get(host, path, through="front")
    return response.headers.get("Cache-Status", ""), response.body.decode()


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
def test_both_doors_give_the_same_and_no_site_gets_anothers(sites: tuple[Site, Site], path: str) -> None:
    north, _ = sites
    Alias.objects.create(site=north, host="serves.test", redirect=False)
    for site in sites:
        page(site, slug="a")
    server = Server()
    for _ in range(2):
        for host in ("north.test", "south.test", "serves.test"):
            assert state(server, host, path)[1] == server.get(host, path, through="django").body.decode()
    assert "hit" in state(server, "north.test", path)[0]
    assert "hit" in state(server, "south.test", path)[0]
    assert "hit" not in state(server, "serves.test", path)[0]
    assert "south" not in state(server, "north.test", path)[1]
    assert "http://north.test/" in state(server, "north.test", path)[1]


def test_a_change_is_seen_in_the_next_response(sites: tuple[Site, Site]) -> None:
    north, _ = sites
    server = Server()
    made = page(north, slug="a")
    assert "/a/" in state(server, "north.test", "/sitemap.xml")[1]
    with use_site(north):
        Page.objects.get(pk=made.pk).delete()
    assert "/a/" not in state(server, "north.test", "/sitemap.xml")[1]
    assert "/private/" not in state(server, "north.test", "/robots.txt")[1]
    profile = SiteProfile.objects.get(site=north)
    profile.settings = {"robots": "Disallow: /private/"}
    profile.save()
    assert "/private/" in state(server, "north.test", "/robots.txt")[1]


def test_a_redirect_begins_and_ends_with_its_row(sites: tuple[Site, Site]) -> None:
    north, _ = sites
    server = Server()
    assert server.get("north.test", "/old/", through="front").status == 404
    with use_site(north):
        row = Redirect.objects.create(old_path="/old", new="/new/")
    for host, expected in (("north.test", 301), ("south.test", 404)):
        assert server.get(host, "/old/", through="front").status == expected
    with use_site(north):
        row.delete()
    assert server.get("north.test", "/old/", through="front").status == 404


def test_what_is_not_listed_for_search_engines_says_so_at_its_address(sites: tuple[Site, Site]) -> None:
    north, _ = sites
    hidden = page(north, slug="hidden", title="Hidden", in_sitemap=False)
    page(north, slug="open", title="Open")
    post(north, slug="hidden", in_sitemap=False)
    post(north, slug="open")
    server = Server()
    for path in ("/hidden/", "/blog/hidden/"):
        made, stored = server.get("north.test", path), server.get("north.test", path)
        known = server.get("north.test", path, HTTP_IF_NONE_MATCH=stored.headers["ETag"])
        assert [answer.found for answer in (made, stored, known)] == ["fwd=miss; stored", "hit", "hit"]
        assert [answer.status for answer in (made, stored, known)] == [200, 200, 304]
        for answer in (made, stored, known, server.get("north.test", path, through="django")):
            assert answer.headers["X-Robots-Tag"] == "noindex"
    for path in ("/open/", "/blog/open/", "/blog/"):
        assert "X-Robots-Tag" not in server.get("north.test", path).headers
    with use_site(north):
        hidden.in_sitemap = True
        hidden.save()
    assert "X-Robots-Tag" not in server.get("north.test", "/hidden/").headers
