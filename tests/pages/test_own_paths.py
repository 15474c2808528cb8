"""Pages with a path that does not follow the tree."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form

ADD = "/admin/pages/page/add/"


def paths(site: Site) -> list[str]:
    with use_site(site):
        return sorted(Page.objects.values_list("path", flat=True))


def test_it_works(nora: User, north: Site, south: Site, at_north: Browser) -> None:
    """A page gets an own path, pages below it follow, and the old addresses lead there; the tree is as before."""
    top = page(north, slug="shop", title="Shop")
    sale = page(north, slug="sale", title="Sale", parent=top)
    page(north, slug="shoes", title="Shoes", parent=sale)
    page(south, slug="landing", title="Theirs")
    at_north.force_login(nora)
    change = f"/admin/pages/page/{sale.pk}/change/"
    assert at_north.post(change, page_form(sale, own_path=" /landing/summer ")).status_code == 302
    assert paths(north) == ["/landing/summer/", "/landing/summer/shoes/", "/shop/"]
    assert at_north.get("/shop/sale/shoes/").headers["Location"] == "/landing/summer/shoes/"
    assert b"<h1>Sale</h1>" in at_north.get("/landing/summer/").content
    with use_site(north):
        assert Page.objects.get(pk=sale.pk).parent == top
        top.refresh_from_db()
        top.slug = "store"
        top.save()
    assert paths(north) == ["/landing/summer/", "/landing/summer/shoes/", "/store/"]
    sale = Page.all_sites.get(pk=sale.pk)
    assert at_north.post(change, page_form(sale, own_path="")).status_code == 302
    assert paths(north) == ["/store/", "/store/sale/", "/store/sale/shoes/"]
    assert at_north.get("/landing/summer/").headers["Location"] == "/store/sale/"
    assert Browser("south.test").get("/landing/summer/").status_code == 404


@pytest.mark.parametrize(
    ("own_path", "message"),
    [
        ("landing/", "begins with a slash"),
        ("/", "The home page has no own path"),
        ("/a//b/", "one slash between its parts"),
        ("//host/", "one slash between its parts"),
        ("/a/?b=c", "letters and digits"),
        ("/a/../b/", "letters and digits"),
        ("/admin/x/", "the address belongs to “the platform”"),
        ("/about/", "Another page of this site has this address. “About us” is at /about/."),
    ],
)
def test_an_own_path_that_is_not_possible_is_refused_at_its_field(
    own_path: str, message: str, nora: User, north: Site, at_north: Browser
) -> None:
    page(north, slug="about", title="About us")
    at_north.force_login(nora)
    response = at_north.post(ADD, page_form(title="New", slug="new", own_path=own_path))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["own_path"]
    assert message in str(errors["own_path"][0])
    assert len(errors["own_path"]) == 1
    assert paths(north) == ["/about/"]


def test_a_slug_that_is_taken_is_refused_at_its_field_and_names_the_page(
    nora: User, north: Site, at_north: Browser
) -> None:
    page(north, slug="about", title="About us")
    page(north, slug="", title="Welcome")
    at_north.force_login(nora)
    for slug, message in (("about", "“About us”"), ("", "“Welcome”"), ("admin", "“the platform”")):
        errors = at_north.post(ADD, page_form(title="New", slug=slug)).context["adminform"].form.errors
        assert list(errors) == ["slug"]
        assert message in str(errors["slug"][0])


def test_pages_below_do_not_get_the_own_path_of_another(nora: User, north: Site, at_north: Browser) -> None:
    page(north, slug="x", title="Landing", own_path="/b/c/")
    top = page(north, slug="a")
    page(north, slug="c", parent=top)
    before = paths(north)
    at_north.force_login(nora)
    response = at_north.post(f"/admin/pages/page/{top.pk}/change/", page_form(top, slug="b"))
    assert "/b/c/, which another page has: “Landing”" in str(response.context["adminform"].form.errors["slug"])
    assert paths(north) == before
