"""Pages as visitors and editors meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import use_site
from tests.conftest import Browser


def page(site: Site, **values: Any) -> Page:
    with use_site(site):
        made: Page = Page.objects.create(**{"title": "T", "slug": "t", "status": "published", **values})
        return made


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


def test_moving_a_page_moves_what_lies_below(north: Site, south: Site) -> None:
    with use_site(south):
        theirs = page(south, slug="a")
    top, other = page(north, slug="a"), page(north, slug="b")
    child = page(north, slug="c", parent=top)
    grandchild = page(north, slug="d", parent=child)
    with use_site(north):
        top.slug = "z"
        top.save()
        child.refresh_from_db()
        child.parent = other
        child.save()
        grandchild.refresh_from_db()
        assert (child.path, grandchild.path) == ("/b/c/", "/b/c/d/")
    with use_site(south):
        theirs.refresh_from_db()
        assert theirs.path == "/a/"


def test_a_tree_whose_addresses_would_grow_too_long_stays_as_it_is(north: Site) -> None:
    top = page(north, slug="a")
    below = top
    for letter in "bcdefg":
        below = page(north, slug=letter * 80, parent=below)
    with use_site(north):
        top.slug = "a" * 80
        with pytest.raises(ValidationError, match="longer than 500"):
            top.full_clean()


def test_no_page_is_saved_under_itself_behind_the_forms_back(north: Site) -> None:
    top = page(north, slug="a")
    child = page(north, slug="b", parent=top)
    with use_site(north):
        top.parent = child
        with pytest.raises(ValidationError, match="below itself"):
            top.save()
        top.parent = top
        with pytest.raises(ValidationError, match="below itself"):
            top.save()
        top.refresh_from_db()
        assert top.path == "/a/"


def test_saving_one_field_keeps_the_address_right(north: Site) -> None:
    made = page(north, slug="a")
    with use_site(north):
        made.slug = "b"
        made.save(update_fields={"slug"})
        made.refresh_from_db()
        assert made.path == "/b/"


def test_no_page_under_itself_and_none_without_a_slug_below(north: Site) -> None:
    top = page(north, slug="a")
    child = page(north, slug="b", parent=top)
    with use_site(north):
        top.parent = child
        with pytest.raises(ValidationError, match="below itself"):
            top.full_clean()
        named = Page(title="Named by its title", parent=child, slug="")
        named.full_clean()
        assert named.path == "/a/b/named-by-its-title/"
        with pytest.raises(ValidationError, match="later than the time"):
            Page(title="x", slug="x", publish_at=timezone.now(), expire_at=timezone.now() - timedelta(1)).full_clean()


def test_one_page_per_address_also_behind_the_forms_back(north: Site) -> None:
    page(north, slug="a")
    with use_site(north), pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.create(title="again", slug="a")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>fine <strong>and</strong> <em>well</em></p>", "<p>fine <strong>and</strong> <em>well</em></p>"),
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="//evil.test/">a</a>', "<a>a</a>"),
        ('<a href="/\\evil.test/">a</a>', "<a>a</a>"),
        ('<a href="/about/">a</a>', '<a href="/about/">a</a>'),
        ('<a href="mailto:a@b.test">a</a>', '<a href="mailto:a@b.test">a</a>'),
        ('<iframe src="https://evil.test"></iframe><p>a</p>', "<p>a</p>"),
        ('<p style="position:fixed">a</p>', "<p>a</p>"),
        ("<svg onload=x()>", ""),
        ("<p></p>", ""),
        ("<h1>no</h1><h2>yes</h2>", "no<h2>yes</h2>"),
        ("<table><tbody><tr><td><p>a</p></td></tr></tbody></table>",) * 2,
    ],
)
def test_html_is_cleaned_whoever_saves_it(north: Site, written: str, kept: str) -> None:
    made = page(north, slug="x", body=written)
    assert made.body == kept
    with use_site(north):
        Page.objects.bulk_create([Page(title="bulk", slug="y", path="/y/", body=written, status="published")])
        assert Page.objects.get(slug="y").body == kept


def test_a_page_costs_two_queries_however_many_pages_there_are(north: Site, at_north: Browser) -> None:
    for number in range(20):
        page(north, slug=f"p{number}")
    at_north.get("/p1/")
    with CaptureQueriesContext(connection) as queries:
        at_north.get("/p1/")
    assert len(queries) == 2


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
