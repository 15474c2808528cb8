"""Pages as visitors and editors meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.pages.admin.parents import LONGEST_SELECT
from app.pages.models import Page
from app.pages.navigation import MOST_CHILDREN, MOST_ENTRIES, entries
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser, make_north, page, page_form


def test_it_works(north: Site, at_north: Browser) -> None:
    page(north, title="Home", slug="", body="<p>Welcome</p>")
    about = page(north, title="About", slug="about")
    page(north, title="People", slug="people", parent=about)
    assert b"<p>Welcome</p>" in at_north.get("/").content
    response = at_north.get("/about/people/")
    assert response.status_code == 200
    body = response.content.decode()
    assert "<h1>People</h1>" in body
    assert '<a href="/about/"' in body
    assert '<link rel="canonical" href="http://north.test/about/people/">' in body


def test_the_same_path_is_another_page_on_another_site(north: Site, south: Site) -> None:
    for site in (north, south):
        page(site, title=f"About {site.name}", slug="about")
    assert b"About North" in Browser("north.test").get("/about/").content
    assert b"About South" in Browser("south.test").get("/about/").content
    assert b"South" not in Browser("north.test").get("/about/").content


@pytest.mark.parametrize("values", [{"slug": ""}, {"slug": "home", "path": "/"}])
def test_the_page_with_the_path_of_the_root_is_home(north: Site, at_north: Browser, values: dict[str, str]) -> None:
    assert page(north, **values).path == "/"
    assert at_north.get("/").status_code == 200


def test_an_address_without_its_slash_leads_there(north: Site, at_north: Browser) -> None:
    page(north, slug="about")
    response = at_north.get("/about?x=1")
    assert (response.status_code, response.headers["Location"]) == (301, "/about/?x=1")
    assert at_north.get("/nothing").status_code == 404


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"status": "draft"}, 404),
        ({"publish_at": timedelta(hours=1)}, 404),
        ({"publish_at": timedelta(hours=-1)}, 200),
        ({"expire_at": timedelta(hours=-1)}, 404),
        ({"expire_at": timedelta(hours=1)}, 200),
        ({"publish_at": timedelta(hours=-2), "expire_at": timedelta(hours=-1)}, 404),
    ],
)
def test_visitors_see_what_is_published(north: Site, at_north: Browser, values: dict[str, Any], status: int) -> None:
    moments = {k: timezone.now() + v if isinstance(v, timedelta) else v for k, v in values.items()}
    made = page(north, slug="x", **moments)
    response = at_north.get("/x/")
    assert response.status_code == status
    with use_site(north):
        assert Page.objects.published().filter(pk=made.pk).exists() == (status == 200)
    assert (b'href="/x/"' in at_north.get("/nothing/").content) == (status == 200)


def test_a_draft_is_shown_to_this_sites_editors_only(north: Site, nora: User, sam: User) -> None:
    page(north, slug="secret", title="Secret", status="draft")
    editor = Browser("north.test")
    editor.login(username="nora", password="nora")
    response = editor.get("/secret/")
    assert response.status_code == 200
    assert b"This page is not published" in response.content
    assert "no-store" in response.headers["Cache-Control"]
    stranger = Browser("north.test")
    stranger.force_login(sam)
    assert stranger.get("/secret/").status_code == 404


def test_a_page_that_is_not_there_is_the_themes_404(at_north: Browser) -> None:
    response = at_north.get("/nothing/here/")
    assert response.status_code == 404
    assert b"This page does not exist" in response.content
    assert b"North" in response.content
    assert not response.cookies


def test_only_reading(at_north: Browser) -> None:
    assert at_north.post("/").status_code == 405


def test_one_page_per_address_also_behind_the_forms_back(north: Site) -> None:
    page(north, slug="a")
    with use_site(north), pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.create(title="again", slug="a")


@pytest.mark.django_db(transaction=True)
def test_a_page_costs_one_query_however_many_pages_there_are() -> None:
    """Also the home page with its feed: what is made of a site's content is kept until the content changes."""
    site = make_north()
    browser = Browser("north.test")
    page(site, slug="", title="Home")
    for number in range(20):
        page(site, slug=f"p{number}")
    for path in ("/p1/", "/"):
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        assert len(queries) == 1


def test_pages_are_edited_in_the_admin(north: Site, nora: User, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    top = page(north, slug="top", title="Top")
    form = at_north.get("/admin/pages/page/add/").content.decode()
    assert "Top  (/top/)" in form
    data = dict.fromkeys(("publish_at_0", "publish_at_1", "expire_at_0", "expire_at_1", "description"), "")
    data |= {"title": "New", "slug": "new", "parent": str(top.pk), "status": "published", "position": "0"}
    data |= {"body": "<p>x<script>y</script></p>", "in_menus": "on"}
    assert at_north.post("/admin/pages/page/add/", data).status_code == 302
    made = Page.all_sites.get(slug="new")
    assert (made.site, made.path, made.body) == (north, "/top/new/", "<p>x</p>")
    action = {"action": "withdraw", "_selected_action": [made.pk]}
    at_north.post("/admin/pages/page/", action)
    assert Page.all_sites.get(pk=made.pk).status == "draft"
    at_north.post("/admin/pages/page/", {**action, "action": "publish"})
    assert Page.all_sites.get(pk=made.pk).status == "published"
    assert b"New" in at_north.get("/top/new/").content


@pytest.mark.parametrize("status", ["none", "draft"])
def test_a_site_without_a_published_page_has_a_welcome_page(status: str, north: Site, at_north: Browser) -> None:
    if status == "draft":
        page(north, title="Secret", slug="", status="draft")
    response = at_north.get("/")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    body = response.content.decode()
    assert "<h1>North</h1>" in body
    assert "This site is ready" in body
    assert '<meta name="robots" content="noindex">' in body
    assert '<a href="/admin/">sign in</a>' in body
    assert "Secret" not in body
    assert at_north.get("/other/").status_code == 404
    page(north, slug="about")
    response = at_north.get("/")
    assert response.status_code == 404
    assert "Go to the home page" not in response.content.decode()  # it is this page
    assert "Go to the home page" in at_north.get("/other/").content.decode()


@pytest.mark.parametrize("number", [120, 1200])
def test_a_menu_is_bounded_whatever_the_number_of_pages(number: int, north: Site, at_north: Browser) -> None:
    with use_site(north):
        Page.objects.bulk_create([Page(title=f"P{n:04}", slug=f"p{n}", status="published") for n in range(number)])
        first = Page.objects.get(slug="p7")
        children = [Page(title=f"C{n:04}", slug=f"c{n}", status="published", parent=first) for n in range(200)]
        Page.objects.bulk_create(children)
    body = at_north.get("/p7/").content
    assert body.count(b'href="/p') == MOST_CHILDREN * 3  # the menu, with the pages below this one, and their list
    assert len(body) < 20_000
    with use_site(north):
        tree = entries("/p7/")
        assert [entry.title for entry in tree] == [f"P{n:04}" for n in range(MOST_CHILDREN)]
        assert [entry.title for entry in tree[7].children] == [f"C{n:04}" for n in range(MOST_CHILDREN)]


def test_all_menus_together_are_bounded_and_keep_what_is_on_top(north: Site) -> None:
    for number in range(30):
        top = page(north, slug=f"p{number}")
        with use_site(north):
            Page.objects.bulk_create([Page(title="C", slug=f"c{n}", status="published", parent=top) for n in range(30)])
    with use_site(north):
        tree = entries("/")
    assert len(tree) == 30
    assert sum(len(entry.children) for entry in tree) == MOST_ENTRIES - 30


def test_the_form_of_a_page_is_bounded_whatever_the_number_of_pages(north: Site, nora: User, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    sizes = []
    for number in (LONGEST_SELECT + 1, 1000):
        with use_site(north):
            have = Page.objects.count()
            Page.objects.bulk_create([Page(title=f"P{n}", slug=f"p{n}") for n in range(have, number)])
        with CaptureQueriesContext(connection) as queries:
            sizes.append(len(at_north.get("/admin/pages/page/add/").content))
        assert not [query for query in queries if "LIMIT" not in query["sql"] and '"body"' in query["sql"]]
    assert abs(sizes[0] - sizes[1]) < 200
    asked = {"app_label": "pages", "model_name": "page", "field_name": "parent", "term": "P77"}
    found = at_north.get("/admin/autocomplete/", asked).json()["results"]
    assert "P77  (/p77/)" in [row["text"] for row in found]
    parent = Page.all_sites.get(slug="p77")
    response = at_north.post("/admin/pages/page/add/", page_form(title="New", slug="new", parent=parent.pk))
    assert response.status_code == 302
    made = Page.all_sites.get(slug="new")
    assert made.path == "/p77/new/"
    assert "P77  (/p77/)" in at_north.get(f"/admin/pages/page/{made.pk}/change/").content.decode()


def test_a_suspended_sites_editors_are_told_what_visitors_get(north: Site, nora: User, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    assert "visitors get" not in at_north.get("/admin/").content.decode()
    for state, status in (("suspended", 503), ("archived", 410)):
        SiteProfile.objects.filter(site=north).update(state=state)
        directory.forget()
        assert at_north.get("/").status_code == status
        for path in ("/admin/", "/admin/pages/page/", "/admin/pages/page/add/"):
            assert f"visitors get {status}" in at_north.get(path).content.decode()
        assert "visitors get" not in Browser("north.test").get("/admin/login/").content.decode()


def test_the_list_of_the_admin_indents_pages(root: User, at_north: Browser, north: Site) -> None:
    above = page(north, slug="above")
    page(north, slug="below", parent=above)
    at_north.force_login(root)
    listed = at_north.get("/admin/pages/page/").content.decode()
    assert listed.count('<span class="indent"></span>') == 1
