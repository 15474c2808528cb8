"""/robots.txt, /sitemap.xml, /favicon.ico, and which pages search engines may list."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from app.accounts.models import User
from app.crawlers import sitemaps, views
from app.pagecache import entry
from app.pages.models import LinkPage, Page
from app.tenancy import site_apps
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, SiteProfile
from app.themes.definition import Theme
from tests.support.makers import Browser, page

SCHEMA = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def text(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def listed(browser: Browser, path: str = "/sitemap.xml") -> list[str]:
    root = ElementTree.fromstring(text(browser, path))  # noqa: S314  # our own
    return [entry.text or "" for entry in root.iter(f"{SCHEMA}loc")]


def set_settings(site: Site, values: dict[str, Any]) -> None:
    profile = SiteProfile.objects.get(site=site)
    profile.settings = values
    profile.save()


@pytest.fixture
def parts_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sitemaps, views):
        monkeypatch.setattr(module, "MOST_URLS", 3)


def test_a_full_part_is_small_enough_for_the_page_cache(north: Site, at_north: Browser) -> None:
    for number in range(2):
        page(north, slug=f"first-{number}")
    with use_site(north):
        first = Page.objects.get(path="/first-0/")
        names = [f"{'a-rather-long-name-' * 4}{number:04}" for number in range(sitemaps.MOST_URLS)]
        copies = [Page(title=name, slug=name, path=f"/{name}/", status=first.status) for name in names]
        Page.objects.bulk_create(copies)
    assert "/sitemap-pages-2.xml" in text(at_north, "/sitemap.xml")
    part = text(at_north, "/sitemap-pages-1.xml")
    assert part.count("<loc>") == sitemaps.MOST_URLS
    assert len(part) < entry.MOST_BYTES


def test_robots_names_the_sitemap_on_the_sites_own_domain(north: Site, at_north: Browser, at_south: Browser) -> None:
    assert text(at_north, "/robots.txt") == "User-agent: *\nDisallow:\n\nSitemap: http://north.test/sitemap.xml\n"
    assert "http://south.test/sitemap.xml" in text(at_south, "/robots.txt")
    assert at_north.get("/robots.txt").headers["Content-Type"] == "text/plain; charset=utf-8"


def test_robots_with_rules_of_the_site(north: Site, at_north: Browser, at_south: Browser) -> None:
    set_settings(north, {"robots": "Disallow: /intern/\n# For one\nUser-agent: Bot\nDisallow: /\n"})
    assert text(at_north, "/robots.txt").startswith(
        "User-agent: *\nDisallow: /intern/\n# For one\nUser-agent: Bot\nDisallow: /\n\nSitemap: "
    )
    assert "intern" not in text(at_south, "/robots.txt")


NO_GPTBOT = "User-agent: GPTBot\nDisallow: /"


@pytest.mark.parametrize(
    ("rules", "for_all"),
    [
        (NO_GPTBOT, "/"),
        (f"# Not for training\n\n{NO_GPTBOT}", "/"),
        (f"Sitemap: https://north.test/own.xml\n{NO_GPTBOT}", "/"),
        (f"Crawl-delay: 5\nHost: north.test\n  user-agent : Other # too\n{NO_GPTBOT}", "/"),
        (f"Disallow: /intern/\n{NO_GPTBOT}", "/a/"),
        (f"Disallow: /intern/\n\n{NO_GPTBOT}\n\nUser-agent: Other\nDisallow:", "/a/"),
        (f"{NO_GPTBOT}\n\nUser-agent: * # all others\nDisallow: /intern/", "/a/"),
        (f"User-agent: *\nDisallow: /intern/\n\n{NO_GPTBOT}", "/a/"),
    ],
)
def test_rules_for_one_crawler_are_not_for_the_others(north: Site, at_north: Browser, rules: str, for_all: str) -> None:
    set_settings(north, {"robots": rules})
    parser = RobotFileParser()
    found = text(at_north, "/robots.txt")
    parser.parse(found.splitlines())
    assert not parser.can_fetch("GPTBot", "/a/")
    assert parser.can_fetch("Googlebot", for_all)
    assert parser.can_fetch("Googlebot", "/intern/") == (for_all == "/")
    assert set(map(str.strip, rules.splitlines())) <= set(found.splitlines()), "no line of the site is lost"
    assert "http://north.test/sitemap.xml" in (parser.site_maps() or [])
    if rules.startswith("Crawl-delay"):
        assert str(parser.crawl_delay("Googlebot")) == "5"


def test_a_comment_stays_with_the_rules_below_it(north: Site, at_north: Browser) -> None:
    set_settings(north, {"robots": f"Crawl-delay: 5\n# Not for training\n{NO_GPTBOT}"})
    assert text(at_north, "/robots.txt") == (
        "User-agent: *\nCrawl-delay: 5\nDisallow:\n\n# Not for training\nUser-agent: GPTBot\nDisallow: /\n\n"
        "Sitemap: http://north.test/sitemap.xml\n"
    )


@pytest.mark.parametrize("rules", [["Disallow: /"], "<html>", "Disallow: /\n/x", "Disallow: /\x00", "x" * 10_001, 7])
def test_rules_that_no_crawler_understands(north: Site, rules: object) -> None:
    with pytest.raises(ValidationError, match=r"settings\.robots"):
        set_settings(north, {"robots": rules})


def test_crawlers_stay_out_of_hosts_that_are_not_canonical(north: Site, root: User, at_south: Browser) -> None:
    Alias.objects.create(site=north, host="serves.test", redirect=False)
    page(north, slug="a")
    for host in ("serves.test", "listed.test"):
        with override_settings(LISTED_HOSTS=["listed.test"], MEZZANINE_SITE_ID=north.pk):
            browser = Browser(host)
            assert text(browser, "/robots.txt") == "User-agent: *\nDisallow: /\n"
            assert browser.get("/a/").headers["X-Robots-Tag"] == "noindex"
    at_south.login(username="root", password="root")
    at_south.post("/admin/switch-site/", {"site_id": north.pk})
    assert text(at_south, "/robots.txt") == "User-agent: *\nDisallow: /\n"
    assert at_south.get("/a/").headers["X-Robots-Tag"] == "noindex"


def test_only_public_pages_of_the_canonical_domain_are_listed(north: Site, nora: User, at_north: Browser) -> None:
    page(north, slug="a")
    page(north, slug="d", status="draft")
    assert "X-Robots-Tag" not in at_north.get("/a/").headers
    at_north.login(username="nora", password="nora")
    assert "X-Robots-Tag" not in at_north.get("/a/").headers
    for path in ("/d/", "/admin/", "/admin/login/"):
        assert at_north.get(path).headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in at_north.get("/missing/").content.decode()


def test_the_sitemap_lists_what_visitors_see(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    now, day = timezone.now(), timedelta(days=1)
    top = page(north, slug="über & mehr".replace(" & ", "-"))
    page(north, slug="b", parent=top)
    page(north, slug="")
    page(north, slug="draft", status="draft")
    page(north, slug="later", publish_at=now + day)
    page(north, slug="over", expire_at=now - day)
    page(north, slug="hidden", in_sitemap=False)
    page(south, slug="theirs")
    with use_site(north):
        LinkPage.objects.create(title="T", slug="link", status="published", address="https://example.org/")
    assert listed(at_north) == [
        "http://north.test/", "http://north.test/%C3%BCber-mehr/", "http://north.test/%C3%BCber-mehr/b/"
    ]  # fmt: skip
    assert listed(at_south) == ["http://south.test/theirs/"]
    assert at_north.get("/sitemap.xml").headers["Content-Type"] == "application/xml; charset=utf-8"
    assert f"<lastmod>{now:%Y-%m-%d}</lastmod>" in text(at_north, "/sitemap.xml")


def test_a_page_that_was_never_saved_since_has_no_time_of_change(north: Site, at_north: Browser) -> None:
    page(north, slug="a")
    with use_site(north):
        Page.objects.update(updated_at=None)
    assert "<lastmod>" not in text(at_north, "/sitemap.xml")
    with use_site(north):
        made = Page.objects.get()
        made.status = "published"
        made.save(update_fields={"status"})
    assert "<lastmod>" in text(at_north, "/sitemap.xml")


def test_addresses_are_those_of_the_canonical_domain_on_every_host(north: Site, at_north: Browser) -> None:
    Alias.objects.create(site=north, host="serves.test", redirect=False)
    page(north, slug="a")
    assert listed(Browser("serves.test")) == ["http://north.test/a/"]
    assert listed(Browser("north.test:8000")) == ["http://north.test/a/"]
    response = Browser("north.test").get("/sitemap.xml", secure=True)
    assert b"https://north.test/a/" in response.content


def test_a_large_site_has_an_index_of_parts(north: Site, at_north: Browser, parts_of_three: None) -> None:
    for number in range(3):
        page(north, slug=f"p{number}")
    assert len(listed(at_north)) == 3
    for number in range(3, 7):
        page(north, slug=f"p{number}")
    parts = listed(at_north)
    assert parts == [f"http://north.test/sitemap-pages-{number}.xml" for number in (1, 2, 3)]
    found = [address for part in parts for address in listed(at_north, part.removeprefix("http://north.test"))]
    assert found == [f"http://north.test/p{number}/" for number in range(7)]


@pytest.mark.parametrize("path", ["pages-4", "pages-0", "pages-01", "pages-1x", "pages", "other-1", "pages--1", "-1"])
def test_parts_that_do_not_exist(north: Site, at_north: Browser, parts_of_three: None, path: str) -> None:
    for number in range(7):
        page(north, slug=f"p{number}")
    assert at_north.get(f"/sitemap-{path}.xml").status_code == 404
    assert at_north.get("/sitemap.xml?p=99&x=1").status_code == 200, "the query has no meaning"


@pytest.mark.django_db(transaction=True)
def test_what_a_sitemap_costs_does_not_depend_on_its_size(north: Site, at_north: Browser) -> None:
    counts = set()
    for size in (2, 200):
        with use_site(north):
            Page.objects.bulk_create([Page(title="T", slug=f"{size}-{n}", status="published") for n in range(size)])
        at_north.get("/sitemap.xml")  # loads when the content changes next
        with CaptureQueriesContext(connection) as queries:
            at_north.get("/sitemap.xml")
        counts.add(len(queries))
    assert counts == {4}  # one of them counts posts: there are none
    with CaptureQueriesContext(connection) as queries:
        at_north.get("/robots.txt")
        at_north.get("/favicon.ico")
    assert len(queries) == 0


def test_only_get_and_head(north: Site, at_north: Browser) -> None:
    for path in ("/robots.txt", "/sitemap.xml", "/favicon.ico"):
        assert at_north.post(path).status_code == 405
        assert at_north.head(path).status_code in {200, 204}


class Letters(Sitemap[str]):
    limit = 2

    def items(self) -> list[str]:
        return ["x", "y", "z"]

    def location(self, item: str) -> str:
        return f"/letters/{item}/"


def test_sitemaps_of_other_apps(
    north: Site, at_north: Browser, monkeypatch: pytest.MonkeyPatch, parts_of_three: None
) -> None:
    page(north, slug="a")
    own = site_apps._declared("sitemaps")
    monkeypatch.setattr(site_apps, "_declared", lambda _: (*own, ("labels", Letters), ("labels", Letters)))
    assert listed(at_north) == [
        f"http://north.test/sitemap-{part}.xml"
        for part in ("pages-1", "labels-1", "labels-2", "labels2-1", "labels2-2")
    ]
    assert listed(at_north, "/sitemap-labels-2.xml") == ["http://north.test/letters/z/"]


def test_the_icon_of_the_theme(north: Site, at_north: Browser, tmp_path: Path) -> None:
    response = at_north.get("/favicon.ico")
    assert (response.status_code, response.content) == (204, b"")
    assert "max-age" in response.headers["Cache-Control"]
    (tmp_path / "static/plain").mkdir(parents=True)
    (tmp_path / "static/plain/favicon.svg").touch()
    default = settings.THEMES["portico"]
    parent = Theme("plain", tmp_path, "Plain", "", "", (default,))
    child = Theme("child", tmp_path / "child", "Child", "", "plain", (parent, default))
    with override_settings(THEMES={"portico": default, "child": child}):
        SiteProfile.objects.filter(site=north).update(theme="child")
        directory.forget()
        response = Browser("north.test").get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/plain/favicon.svg")


def test_a_square_logo_is_the_icon(north: Site, south: Site, at_north: Browser) -> None:
    logo = f"/media/{'0a' * 16}/mark-800x%s.png"
    for height, icon in ((700, f"/media/{'0a' * 16}/mark-320x280.png"), (200, None)):
        SiteProfile.objects.filter(site=north).update(settings={"logo": {"url": logo % height}})
        directory.forget()
        assert at_north.get("/favicon.ico").headers.get("Location") == icon
        assert Browser("south.test").get("/favicon.ico").status_code == 204


def test_link_previews_and_the_canonical_address(north: Site, at_north: Browser) -> None:
    page(north, slug="ü", title='A "title" & more', description="What <it> is")
    page(north, slug="", title="Home")
    html = text(at_north, "/ü/")
    tags = dict(re.findall(r'<meta (?:property|name)="([a-z:_]+)" content="([^"]*)">', html))
    assert tags["og:title"] == "A &quot;title&quot; &amp; more"
    assert tags["og:description"] == tags["description"] == "What &lt;it&gt; is"
    assert (tags["og:type"], tags["og:site_name"]) == ("article", "North")
    assert tags["og:url"] == "http://north.test/%C3%BC/"
    assert '<link rel="canonical" href="http://north.test/%C3%BC/">' in html
    html = text(at_north, "/")
    assert '<meta property="og:type" content="website">' in html
    assert '<meta property="og:title" content="North">' in html
    assert "og:image" not in html
