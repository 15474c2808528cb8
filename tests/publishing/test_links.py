"""Links of rich text: chosen from the site's pages, and following them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.publishing.rich_text import sanitise
from app.tenancy.current import use_site
from tests.support.makers import Browser, make_north, page, person

CHOICES = "/admin/link-choices/"


def link_to(row: Page, href: str = "/old/") -> str:
    return f'<p>See <a href="{href}" data-link="pages.page:{row.pk}">the <em>page</em></a>.</p>'


def shown(browser: Browser, path: str) -> str:
    response: Any = browser.get(path)
    return response.content.decode().partition('<div class="prose">')[2].partition("</div>")[0]  # type: ignore[no-any-return]


def editor_of(user: User, host: str = "north.test") -> Browser:
    browser = Browser(host)
    browser.force_login(user)
    return browser


def choices(browser: Browser, words: str = "") -> list[dict[str, str]]:
    response: Any = browser.get(CHOICES, {"q": words})
    assert response.status_code == 200
    return response.json()["choices"]  # type: ignore[no-any-return]


def test_a_link_follows_a_page_that_moves_with_its_parent(north: Site, at_north: Browser) -> None:
    about = page(north, title="About", slug="about")
    team = page(north, title="Team", slug="team", parent=about)
    page(north, slug="x", body=link_to(team, "/about/team/#people"))
    with use_site(north):
        about.slug = "we"
        about.save()
    assert shown(at_north, "/x/") == '<p>See <a href="/we/team/#people">the <em>page</em></a>.</p>'


@pytest.mark.parametrize(
    "values", [{"status": "draft"}, {"publish_at": timedelta(hours=1)}, {"expire_at": timedelta(hours=-1)}, None]
)
def test_a_link_to_what_visitors_do_not_see_is_plain_text(
    north: Site, at_north: Browser, values: dict[str, Any] | None
) -> None:
    moments = {k: timezone.now() + v if isinstance(v, timedelta) else v for k, v in (values or {}).items()}
    made = page(north, slug="old", **moments)
    page(north, slug="x", body=link_to(made))
    if values is None:
        with use_site(north):
            made.delete()
    assert shown(at_north, "/x/") == "<p>See the <em>page</em>.</p>"


def test_a_reference_never_leads_to_another_site(north: Site, south: Site, at_south: Browser) -> None:
    secret = page(north, slug="north-only")
    page(south, slug="x", body=link_to(secret))
    assert shown(at_south, "/x/") == "<p>See the <em>page</em>.</p>"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<a href="/a/" data-link="pages.page:12">a</a>',) * 2,
        ('<a href="/a/" data-link="12">a</a>', '<a href="/a/">a</a>'),
        ('<a href="/a/" data-link="pages.page:0">a</a>', '<a href="/a/">a</a>'),
        ('<a href="/a/" data-link="pages.page:1&quot; onclick=&quot;x">a</a>', '<a href="/a/">a</a>'),
        ('<p data-link="pages.page:12">a</p>', "<p>a</p>"),
        ('<a href="www.example.com/a">a</a>', '<a href="https://www.example.com/a">a</a>'),
        ('<a href="tel:+4930123">a</a>',) * 2,
        ('<a href="data:text/html,x" data-link="pages.page:1">a</a>', '<a data-link="pages.page:1">a</a>'),
    ],
)
def test_only_a_reference_in_its_form_is_kept(written: str, kept: str) -> None:
    assert sanitise(written) == kept


@pytest.mark.django_db(transaction=True)
def test_links_take_one_query_until_the_content_changes() -> None:
    site, browser = make_north(), Browser("north.test")
    rows = [page(site, slug=f"p{number}") for number in range(10)]
    page(site, slug="x", body="".join(map(link_to, rows)))
    browser.get("/p1/")  # the navigation
    for most in (2, 1):
        with CaptureQueriesContext(connection) as queries:
            assert shown(browser, "/x/").count("<a ") == 10
        assert len(queries) == most


def test_the_dialog_finds_what_this_site_has(north: Site, south: Site, nora: User) -> None:
    made = page(north, title="Opening hours", slug="hours")
    page(north, title="Opening soon", slug="soon", status="draft")
    page(south, title="Opening elsewhere", slug="south")
    found = choices(editor_of(nora), "  HOURS open ")
    assert found == [{"title": "Opening hours", "url": "/hours/", "kind": "Page", "reference": f"pages.page:{made.pk}"}]
    assert [choice["title"] for choice in choices(editor_of(nora), "opening")] == ["Opening hours", "Opening soon"]
    assert "draft" in choices(editor_of(nora), "soon")[0]["kind"]


def test_a_row_of_a_kind_has_the_name_of_its_kind(north: Site, nora: User) -> None:
    made = page(north, title="Opening hours", slug="hours")
    page(north, LinkPage, title="Opening elsewhere", slug="a", address="/x/", body=link_to(made))
    assert [choice["kind"] for choice in choices(editor_of(nora), "opening")] == ["Link", "Page"]
    deletion = editor_of(nora).get(f"/admin/pages/page/{made.pk}/delete/").content.decode()
    assert "Link: Opening elsewhere" in deletion


def test_the_dialog_offers_few_and_reads_little(north: Site, nora: User) -> None:
    for number in range(15):
        page(north, title=f"Page {number}", slug=f"p{number}")
    assert len(choices(editor_of(nora), "page")) == 10
    assert choices(editor_of(nora), "\0" + "x " * 10_000) == []


def test_only_members_may_search(north: Site, sam: User, at_north: Browser) -> None:
    assert at_north.get(CHOICES).status_code == 302
    assert editor_of(sam).get(CHOICES).status_code == 302
    assert editor_of(person("vera", north, "Author")).post(CHOICES).status_code == 405


def test_the_dialog_shows_only_what_a_person_may_see(north: Site) -> None:
    page(north, title="Opening hours", slug="hours")
    with use_site(north):
        Group.objects.create(name="Nothing")
    assert choices(editor_of(person("nell", north, "Nothing")), "opening") == []


def test_deletion_says_where_a_page_is_linked_from(north: Site, nora: User) -> None:
    made = page(north, slug="old")
    page(north, title="By reference", slug="a", body=link_to(made))
    page(north, title="By address", slug="b", body='<p><a href="/old/">x</a></p>')
    page(north, title="Not at all", slug="c", body="<p>/old/</p>")
    browser = editor_of(nora)
    bulk = {"action": "delete_selected", "_selected_action": [made.pk]}
    for response in (browser.get(f"/admin/pages/page/{made.pk}/delete/"), browser.post("/admin/pages/page/", bulk)):
        text = response.content.decode()
        assert "Linked from" in text
        assert "Page: By reference" in text
        assert "Page: By address" in text
        assert "Not at all" not in text
