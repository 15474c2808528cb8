"""Pages that moved: their old addresses lead to the new ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.pages.models import Page
from app.redirects.models import Redirect
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form
from tests.support.posts import post


def move(made: Page, **values: Any) -> None:
    with use_site(made.site_id):
        row = Page.objects.get(pk=made.pk)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def stored(site: Site) -> dict[str, str]:
    with use_site(site):
        return dict(Redirect.objects.values_list("old_path", "new"))


def add(site: Site, old: str, new: str) -> None:
    with use_site(site):
        Redirect.objects.create(old_path=old, new=new)


def test_the_old_addresses_of_a_whole_subtree_lead_to_the_new_ones(
    north: Site, south: Site, at_north: Browser, at_south: Browser
) -> None:
    top = page(north, slug="a")
    page(north, slug="c", parent=page(north, slug="b", parent=top))
    move(top, slug="über")
    assert stored(north) == {"/a": "/über/", "/a/b": "/über/b/", "/a/b/c": "/über/b/c/"}
    for old, new in {"/a/": "/%C3%BCber/", "/a/b/c/": "/%C3%BCber/b/c/", "/a/b": "/%C3%BCber/b/"}.items():
        response = at_north.get(old)
        assert (response.status_code, response.headers["Location"]) == (301, new)
        assert at_north.get(new).status_code == 200
        assert at_south.get(old).status_code == 404
    assert stored(south) == {}


def test_a_page_that_moves_under_another_one(north: Site) -> None:
    top, child = page(north, slug="a"), page(north, slug="b")
    move(child, parent=top)
    assert stored(north) == {"/b": "/a/b/"}


def test_a_chain_of_moves_is_one_redirect_each(north: Site) -> None:
    made = page(north, slug="a")
    for slug in "bcd":
        move(made, slug=slug)
    assert stored(north) == {"/a": "/d/", "/b": "/d/", "/c": "/d/"}


def test_there_and_back_leaves_no_loop(north: Site, at_north: Browser) -> None:
    made = page(north, slug="a")
    child = page(north, slug="x", parent=made)
    for slug in "ba":
        move(made, slug=slug)
    assert stored(north) == {"/b": "/a/", "/b/x": "/a/x/"}
    assert at_north.get("/a/").status_code == 200
    move(child, slug="y")
    assert stored(north) == {"/b": "/a/", "/b/x": "/a/y/", "/a/x": "/a/y/"}
    move(made, slug="b")
    move(child, slug="x")
    found = stored(north)
    assert found == {"/a": "/b/", "/a/y": "/b/x/", "/b/y": "/b/x/", "/a/x": "/b/x/"}


def test_two_pages_that_change_places(north: Site, at_north: Browser) -> None:
    first, second = page(north, slug="a", title="First"), page(north, slug="b", title="Second")
    move(first, slug="c")
    move(second, slug="a")
    move(first, slug="b")
    assert "Second" in at_north.get("/a/").content.decode()
    assert "First" in at_north.get("/b/").content.decode()
    assert stored(north) == {"/c": "/b/"}


def test_only_pages_that_visitors_have_seen_get_one(north: Site) -> None:
    now, day = timezone.now(), timedelta(days=1)
    top = page(north, slug="a", status="draft")
    page(north, slug="expired", parent=top, publish_at=now - 2 * day, expire_at=now - day)
    page(north, slug="scheduled", parent=top, publish_at=now + day)
    page(north, slug="draft", parent=top, status="draft")
    page(north, slug="published", parent=top)
    move(top, slug="z")
    assert stored(north) == {"/a/expired": "/z/expired/", "/a/published": "/z/published/"}


def test_a_redirect_that_a_person_made_stays_and_follows_its_target(north: Site) -> None:
    made = page(north, slug="a")
    add(north, "/hand", "/a/")
    add(north, "/hand?x=1", "/a/?x=1#part")
    add(north, "/elsewhere", "https://example.org/a/")
    with use_site(north):
        Redirect.objects.create(old_path="/a", new="/by-hand/")  # hidden by the page until it moves
    move(made, slug="b")
    assert stored(north) == {
        "/hand": "/b/", "/hand?x=1": "/a/?x=1#part", "/elsewhere": "https://example.org/a/", "/a": "/by-hand/"
    }  # fmt: skip


def test_a_draft_that_moves_to_a_redirected_address_makes_no_loop(north: Site) -> None:
    made = page(north, slug="a")
    move(made, slug="b")
    move(made, status="draft")
    move(made, slug="a")
    assert stored(north) == {"/a": "/b/"}, "the draft is not seen there, so the redirect stays"


def test_the_home_page_gets_a_slug_and_is_the_home_page_again(north: Site, at_north: Browser) -> None:
    home = page(north, slug="")
    page(north, slug="b", parent=home)
    move(home, slug="z")
    assert stored(north) == {"/": "/z/", "/b": "/z/b/"}
    assert at_north.get("/").headers["Location"] == "/z/"
    move(home, slug="")
    assert stored(north) == {"/z": "/", "/z/b": "/b/"}


def test_a_page_created_where_one_was_moves_on(north: Site, at_north: Browser) -> None:
    move(page(north, slug="a"), slug="b")
    second = page(north, slug="a")
    assert at_north.get("/a/").status_code == 200
    move(second, slug="c")
    assert stored(north) == {"/a": "/c/"}


@pytest.mark.parametrize("rounds", [1, 2])
def test_what_a_move_costs_does_not_depend_on_what_moves(north: Site, rounds: int) -> None:
    costs: set[int] = set()
    for size in (3, 300):
        top = page(north, slug=f"old{size}")
        with use_site(north):
            Page.objects.bulk_create(
                [Page(title="T", slug=f"{n}", parent=top, status="published") for n in range(size)]
            )
        for number in range(rounds):
            with CaptureQueriesContext(connection) as queries:
                move(top, slug=f"new{size}" if number == 0 else f"old{size}")
        costs.add(len(queries))
        prefix = f"/old{size}" if rounds == 1 else f"/new{size}"
        assert len([old for old in stored(north) if old.startswith(prefix)]) == size + 1
        assert len(stored(north)) == size + 1 + (4 if size == 300 else 0)
    assert len(costs) == 1
    assert max(costs) <= 22


@pytest.mark.parametrize(
    ("before", "after", "redirects"),
    [
        ({"status": "draft"}, {"status": "published"}, {"/a/x": "/b/x/"}),
        ({"publish_at": timezone.now() + timedelta(days=1)}, {}, {"/a/x": "/b/x/"}),
        ({}, {"status": "draft"}, {"/a": "/b/", "/a/x": "/b/x/"}),
    ],
)
def test_only_what_was_seen_before_the_save_counts(
    before: dict[str, Any], after: dict[str, str], redirects: dict[str, str], nora: User, north: Site, at_north: Browser
) -> None:
    made = page(north, slug="a", **before)
    page(north, slug="x", parent=made)
    at_north.force_login(nora)
    response = at_north.post(f"/admin/pages/page/{made.pk}/change/", page_form(made, slug="b", **after))
    assert response.status_code == 302
    assert stored(north) == redirects


def test_a_page_that_is_withdrawn_and_moved_back_leaves_no_loop(north: Site, at_north: Browser) -> None:
    made = page(north, slug="a")
    move(made, slug="b")
    move(made, slug="a", status="draft")
    assert stored(north) == {"/b": "/a/"}
    assert at_north.get("/a/").status_code == 404


def test_a_post_that_nobody_saw_leaves_no_redirect(north: Site) -> None:
    made, other = post(north, slug="a", status="draft"), post(north, slug="c")
    with use_site(north):
        for row, slug in ((made, "b"), (other, "d")):
            row.slug, row.status = slug, "published"
            row.save()
    assert stored(north) == {"/blog/c": "/blog/d/"}


def test_in_the_admin(nora: User, north: Site, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    at_north.get("/admin/")
    made = page(north, slug="a")
    response = at_north.post(f"/admin/pages/page/{made.pk}/change/", page_form(made, slug="b"))
    assert response.status_code == 302
    assert Browser("north.test").get("/a/").headers["Location"] == "/b/"
