"""A draft by a link, for anybody who has it; and the link to the form on the page itself."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.tenancy.content_cache import cached_by_content
from app.tenancy.current import use_site
from app.tenancy.models import Membership
from tests.support.logs import Lines
from tests.support.makers import Browser, make_north, page, person


def editor(user: User, host: str = "north.test", **headers: str) -> Browser:
    browser = Browser(host, **headers)
    browser.force_login(user)
    return browser


def copied(user: User, row: Page) -> str:
    """The link in the form of a page; empty if there is none."""
    response: Any = editor(user).get(f"/admin/pages/{row._meta.model_name}/{row.pk}/change/")
    found = re.search(r'<a href="([^"]+)" data-copy', response.content.decode())
    return unescape(found[1]) if found else ""


def opened(link: str, host: str = "") -> Any:
    parts = urlsplit(link)
    return Browser(host or parts.netloc).get(f"{parts.path}?{parts.query}")


def test_anybody_with_the_link_sees_the_draft(north: Site, nora: User, lines: Lines) -> None:
    parent = page(north, title="About", slug="about")
    draft = page(north, title="Secret plan", slug="plan", parent=parent, status="draft", body="<p>Soon</p>")
    link = copied(nora, draft)
    assert link.startswith("http://north.test/preview-link?key=")
    response = opened(link)
    text = response.content.decode()
    assert response.status_code == 200
    assert "<p>Soon</p>" in text
    assert "Visitors do not see this. The link works until" in text
    assert '<meta name="robots" content="noindex">' in text.partition("</head>")[0]
    assert '<a href="/about/" aria-current="true">' in text
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    assert opened(link.replace("north.test/", "north.test/plan/")).status_code == 404
    key = urlsplit(link).query.removeprefix("key=")
    assert not [line for line in lines() if key in str(line)]


def test_a_link_is_worth_nothing_on_another_site_and_when_it_was_changed(
    north: Site, south: Site, nora: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draft = page(north, slug="plan", status="draft")
    page(south, slug="plan", status="draft", title="Southern plan")
    link = copied(nora, draft)
    other = link.replace(f"{draft.pk}%3A", f"{draft.pk + 1}%3A")
    long = link + "a" * 10_000
    for wrong, host in (
        (link, "south.test"),
        (other, ""),
        (link[:-1], ""),
        (long, ""),
        ("/preview-link", "north.test"),
    ):
        with django_assert_num_queries(0):
            response = opened(wrong, host)
        assert response.status_code == 404
        assert b"There is no preview at this address" in response.content
        assert b"plan" not in response.content


@pytest.mark.parametrize(("hours", "status"), [(7 * 24, 200), (7 * 24 + 1, 410)])
def test_a_link_ends(north: Site, nora: User, monkeypatch: pytest.MonkeyPatch, hours: int, status: int) -> None:
    """Seven days after the end of the hour in which it was made: it is the same for an hour."""
    row, made = page(north, slug="plan", status="draft"), time.time()
    link = copied(nora, row)
    assert int(made // 3600) != int(time.time() // 3600) or copied(nora, row) == link
    later = made + hours * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert opened(link).status_code == status


def test_a_link_ends_when_its_maker_may_not_change_the_page(north: Site, nora: User) -> None:
    link = copied(nora, page(north, slug="plan", status="draft"))
    with use_site(north):
        Membership.objects.filter(user=nora).delete()
    response = opened(link)
    assert response.status_code == 410
    assert b"Ask for a new one" in response.content


def test_a_link_to_what_was_published_leads_there_and_to_what_was_deleted_nowhere(north: Site, nora: User) -> None:
    draft = page(north, slug="plan", status="draft")
    link = copied(nora, draft)
    with use_site(north):
        draft.status = "published"
        draft.save()
    response = opened(link)
    assert (response.status_code, response.headers["Location"]) == (302, "/plan/")
    assert copied(nora, draft) == ""
    with use_site(north):
        draft.delete()
    assert opened(link).status_code == 410


def test_a_kind_is_shown_as_it_is(north: Site, nora: User) -> None:
    draft = page(north, LinkPage, slug="away", status="draft", address="https://example.com/")
    response = opened(copied(nora, draft))
    assert (response.status_code, response.headers["Location"]) == (302, "https://example.com/")


def test_an_author_gets_no_link_to_what_she_may_only_read(north: Site) -> None:
    with use_site(north):
        reader = Group.objects.create(name="Reader")
        reader.permissions.add(*Group.objects.get(name="Editor").permissions.filter(codename="view_page"))
    draft = page(north, slug="plan", status="draft")
    assert copied(person("rita", north, "Reader"), draft) == ""


@pytest.mark.django_db(transaction=True)
def test_what_a_draft_makes_is_kept_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_north()
    link = copied(person("nora", site), page(site, title="Secret", slug="plan", status="draft"))

    def get_context(self: Page, _request: object) -> dict[str, object]:
        return {"kept": cached_by_content("kept", lambda: self.title)}

    monkeypatch.setattr(Page, "get_context", get_context)
    assert opened(link).status_code == 200
    with use_site(site):
        assert cached_by_content("kept", lambda: "fresh") == "fresh"


EDIT = b"Edit this page"


def test_who_may_edit_a_page_finds_its_form_there(north: Site, nora: User, sam: User, at_north: Browser) -> None:
    made = page(north, slug="about")
    response = editor(nora).get("/about/")
    assert f'<a href="/admin/pages/page/{made.pk}/change/">Edit this page</a>'.encode() in response.content
    assert "no-store" in response.headers["Cache-Control"]
    assert EDIT not in editor(sam).get("/about/").content
    # An author may not change what is published.
    assert EDIT not in editor(person("anna", north, "Author")).get("/about/").content
    visited = at_north.get("/about/")
    assert EDIT not in visited.content
    assert "no-store" not in visited.headers.get("Cache-Control", "")


def test_under_another_sites_address_the_form_is_on_the_same_host(north: Site, south: Site, root: User) -> None:
    made = page(south, slug="about")
    browser = editor(root)
    browser.post("/admin/switch-site/", {"site_id": south.pk, "next": "/"})
    assert f'href="/admin/pages/page/{made.pk}/change/"'.encode() in browser.get("/about/").content
    assert browser.get(f"/admin/pages/page/{made.pk}/change/").status_code == 200


@override_settings(ADMIN_HOSTS=["admin.test"], LISTED_HOSTS=["admin.test"])
def test_the_admin_on_a_host_of_its_own_asks_to_switch(north: Site, south: Site, root: User, sam: User) -> None:
    made = page(north, slug="about")
    form = f"/admin/pages/page/{made.pk}/change/"
    text = editor(root).get("/about/").content.decode()
    assert f'href="http://admin.test/admin/edit-on/{north.pk}/?next={form}"' in text
    browser = editor(root, "admin.test")
    response = browser.get(f"/admin/edit-on/{north.pk}/", {"next": form})
    assert b"Switch to North" in response.content
    assert browser.post("/admin/switch-site/", {"site_id": north.pk, "next": form}).headers["Location"] == form
    assert browser.get(f"/admin/edit-on/{north.pk}/", {"next": form}).headers["Location"] == form
    away = browser.get(f"/admin/edit-on/{north.pk}/", {"next": "//evil.test/"})
    assert away.headers["Location"] == "/admin/"
    assert editor(sam, "admin.test").get(f"/admin/edit-on/{north.pk}/").status_code == 403
    assert Browser("admin.test").get(f"/admin/edit-on/{north.pk}/").status_code == 302
