"""The choice of a site among many: the recent ones first, and a word when the list is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.tenancy.admin import admin_site
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.hosts import snapshot
from app.tenancy.hosts.snapshot import SiteEntry
from app.tenancy.models import Membership
from tests.support.makers import Browser

CHOOSE = "/admin/choose-site/"


@pytest.fixture
def sites(north: Site) -> list[Site]:
    return [Site.objects.create(domain=f"s{n:02}.test", name=f"Site {n:02}") for n in range(20)]


def signed_in(username: str) -> Browser:
    browser = Browser("north.test")
    assert browser.login(username=username, password=username)
    return browser


def tables(html: str) -> dict[str, list[str]]:
    found = re.findall(r"<table><caption>([^<]*)</caption>(.*?)</table>", html, re.DOTALL)
    return {title: re.findall(r"<small>([^<]*)</small>", rows) for title, rows in found}


def in_header(html: str) -> list[str]:
    menu = html[html.index("switcher-menu") : html.index("</details>")]
    return re.findall(r"<small>([^<,]*)", menu)


def switch(browser: Browser, site: Site) -> None:
    assert browser.post("/admin/switch-site/", {"site_id": site.pk}).status_code == 302


def test_recent_sites_come_first(root: User, sites: list[Site], north: Site) -> None:
    browser = signed_in("root")
    assert "Recent sites" not in tables(browser.get(CHOOSE).content.decode())
    for site in (sites[15], sites[18], sites[15]):
        switch(browser, site)
    html = browser.get(CHOOSE).content.decode()
    assert tables(html)["Recent sites"] == ["s15.test", "s18.test", "north.test"]
    assert in_header(html)[:4] == ["s15.test", "s18.test", "north.test", "localhost"]
    assert len(in_header(html)) == admin_site.SITES_IN_MENU
    assert "All 22 sites, with search" in html
    # Of this session: another one does not search the log, which grows. To look at the page writes nothing.
    other = signed_in("root")
    other.get("/admin/")
    for viewer in (browser, other):
        with CaptureQueriesContext(connection) as queries:
            assert ("Recent sites" in tables(viewer.get(CHOOSE).content.decode())) is (viewer is browser)
        assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
        assert [query["sql"] for query in queries if "django_admin_log" in query["sql"]] == []
    assert "Recent sites" not in tables(browser.get(CHOOSE, {"q": "s1"}).content.decode())


def test_a_site_that_a_person_may_no_longer_enter_is_not_recent(nora: User, sites: list[Site], north: Site) -> None:
    role = Membership.all_sites.get(user=nora).role
    for site in sites:
        with use_site(site):
            Membership.objects.create(user=nora, role=role)
    browser = signed_in("nora")
    switch(browser, sites[3])
    switch(browser, north)
    Membership.all_sites.filter(user=nora, site=sites[3]).delete()
    html = browser.get(CHOOSE).content.decode()
    assert tables(html)["Recent sites"] == ["north.test"]
    assert "s03.test" not in html


def test_the_sites_of_a_person_are_read_once_in_a_request_and_all_sites_sorted_once(
    nora: User, root: User, sites: list[Site], north: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in("nora")
    browser.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        browser.get(CHOOSE)
    lists = [query["sql"] for query in queries if 'SELECT "tenancy_membership"."site_id"' in query["sql"]]
    assert len(lists) == 1
    sorts: list[int] = []
    in_order = snapshot.in_order_of_names

    def counted(found: Iterable[SiteEntry]) -> Sequence[SiteEntry]:
        sorts.append(1)
        return in_order(found)

    monkeypatch.setattr(snapshot, "in_order_of_names", counted)
    directory.expire()
    browser = signed_in("root")
    for address in (CHOOSE, "/admin/", CHOOSE):
        assert len(in_header(browser.get(address).content.decode())) == admin_site.SITES_IN_MENU
    assert len(sorts) == 1


def test_a_list_that_is_cut_says_so(root: User, sites: list[Site], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in("root")
    assert "Showing the first" not in browser.get(CHOOSE).content.decode()
    monkeypatch.setattr(admin_site, "SITES_LISTED", 5)
    html = browser.get(CHOOSE).content.decode()
    assert "Showing the first 5 of 22 sites, by name." in html
    assert len(tables(html)["All sites"]) == 5
    html = browser.get(CHOOSE, {"q": "site 1"}).content.decode()
    assert "Showing the first 5 of 10 sites" in html
    assert tables(html)["10 sites found"] == [f"s1{n}.test" for n in range(5)]
