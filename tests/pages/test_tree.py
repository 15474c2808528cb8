"""The tree of pages: moving, what is refused, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form


def paths(site: Site) -> list[str]:
    with use_site(site):
        return list(Page.objects.order_by("path").values_list("path", flat=True))


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


@pytest.mark.parametrize("shape", ["wide", "deep"])
def test_a_rename_costs_the_same_whatever_is_below(north: Site, shape: str) -> None:
    costs: set[int] = set()
    for size in (2, 40):
        top = below = page(north, slug=f"{shape}{size}")
        for number in range(size):
            child = page(north, slug=f"{number}", parent=below)
            below = child if shape == "deep" else top
        with use_site(north), CaptureQueriesContext(connection) as queries:
            top.slug = f"renamed{size}"
            top.save()
        costs.add(len(queries))
        assert not [path for path in paths(north) if path.startswith(f"/{shape}{size}/")]
        assert len([path for path in paths(north) if path.startswith(f"/renamed{size}/")]) == size + 1
    assert len(costs) == 1
    assert max(costs) <= 20  # 5 for the version


def test_a_rename_in_the_admin_costs_the_same_whatever_is_below(nora: User, north: Site, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    at_north.get("/admin/")
    costs: dict[int, int] = {}
    for size in (1, 2, 40):
        top = page(north, slug=f"size{size}")
        for number in range(size):
            page(north, slug=f"{number}", parent=top)
        with CaptureQueriesContext(connection) as queries:
            response = at_north.post(f"/admin/pages/page/{top.pk}/change/", page_form(top, slug=f"renamed{size}"))
        assert response.status_code == 302, response.content.decode()
        costs[size] = len(queries)
        assert len([path for path in paths(north) if path.startswith(f"/renamed{size}/")]) == size + 1
    assert costs[2] == costs[40], "the first one also loads what the process keeps"


def test_only_what_is_below_moves(north: Site) -> None:
    top = page(north, slug="a")
    page(north, slug="b", parent=top)
    for slug in ("A", "ab", "a-b", "a_"):  # none of them is below /a/; LIKE ignores case on SQLite
        page(north, slug="x", parent=page(north, slug=slug))
    with use_site(north):
        top.slug = "z"
        top.save()
    expected = ["/A/", "/A/x/", "/a-b/", "/a-b/x/", "/a_/", "/a_/x/", "/ab/", "/ab/x/", "/z/", "/z/b/"]
    assert sorted(paths(north)) == expected


def test_the_home_page_may_have_pages_below_it_and_get_a_slug(north: Site) -> None:
    home = page(north, slug="")
    page(north, slug="b", parent=page(north, slug="a", parent=home))
    page(north, slug="other")
    assert paths(north) == ["/", "/a/", "/a/b/", "/other/"]
    with use_site(north):
        home.slug = "z"
        home.save()
        assert sorted(paths(north)) == ["/other/", "/z/", "/z/a/", "/z/a/b/"]
        home.slug = ""
        home.save()
    assert sorted(paths(north)) == ["/", "/a/", "/a/b/", "/other/"]


def test_addresses_that_follow_each_other_may_move_up(north: Site) -> None:
    deepest, top = page(north, slug="made-first"), page(north, slug="a")
    middle = page(north, slug="a", parent=top)
    with use_site(north):
        # A statement over all rows comes to this one first, while another page still has its new address.
        deepest.slug, deepest.parent = "a", middle
        deepest.save()
        top.slug = ""
        top.full_clean()
        top.save()
    assert paths(north) == ["/", "/a/", "/a/a/"]


def test_a_page_below_does_not_get_the_address_of_another(north: Site) -> None:
    top = page(north, slug="a")
    page(north, slug="about", parent=top)
    page(north, slug="about")
    before = paths(north)
    with use_site(north):
        top.slug = ""
        for attempt in (top.full_clean, top.save):
            with pytest.raises(ValidationError, match="the address /about/, which another page has"):
                attempt()
    assert paths(north) == before


def test_a_path_that_is_too_long_is_refused_by_every_save(north: Site) -> None:
    top = below = page(north, slug="a")
    for letter in "bcdefg":
        below = page(north, slug=letter * 80, parent=below)
    before = paths(north)
    with use_site(north):
        top.slug = "a" * 80
        with pytest.raises(ValidationError, match="longer than 500"):
            top.save()
    assert paths(north) == before


def test_a_page_that_was_loaded_before_a_rename_is_saved_below_the_new_address(north: Site) -> None:
    top = page(north, slug="a")
    child = page(north, slug="b", parent=top)
    with use_site(north):
        loaded = Page.objects.select_related("parent").get(pk=child.pk)
        top.slug = "z"
        top.save()
        loaded.title = "Saved later"
        loaded.save()
        fresh = Page(title="New", slug="new", parent=child)
        fresh.save()
    assert paths(north) == ["/z/", "/z/b/", "/z/b/new/"]


BULK: dict[str, Callable[[Page, Page], object]] = {
    "update slug": lambda top, other: Page.objects.filter(pk=top.pk).update(slug="new"),
    "update parent": lambda top, other: Page.objects.filter(pk=top.pk).update(parent=other),
    "update parent_id": lambda top, other: Page.objects.filter(pk=top.pk).update(parent_id=other.pk),
    "bulk_update": lambda top, other: Page.objects.bulk_update([_with(top, slug="new")], ["slug"]),
    "bulk_update parent": lambda top, other: Page.objects.bulk_update([_with(top, parent=other)], ["parent"]),
    "add": lambda top, other: other.children.add(top),
    "update path": lambda top, other: Page.objects.filter(pk=top.pk).update(path="/elsewhere/"),
}


def _with(row: Page, **values: Any) -> Page:
    for name, value in values.items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_write_keeps_the_paths_right(name: str, north: Site) -> None:
    top, other = page(north, slug="a"), page(north, slug="other")
    page(north, slug="b", parent=top)
    with use_site(north):
        BULK[name](top, other)
        for row in Page.objects.select_related("parent"):
            assert row.path == f"{row.parent.path if row.parent else '/'}{row.slug}/"
        top.refresh_from_db()
        assert (top.path == "/a/") == (name == "update path")


def test_a_bulk_creation_sets_the_paths(north: Site) -> None:
    top = page(north, slug="a")
    with use_site(north):
        Page.objects.bulk_create([Page(title="x", slug="x", parent=top, path="/wrong/"), Page(title="y", slug="y")])
    assert sorted(paths(north)) == ["/a/", "/a/x/", "/y/"]


def test_what_no_bulk_write_can_keep_right_is_refused(north: Site) -> None:
    made = page(north, slug="a")
    with use_site(north):
        with pytest.raises(TypeError, match="expression"):
            Page.objects.update(slug=models.F("title"))
        with pytest.raises(TypeError, match="expression"):
            Page.objects.update(body=models.Value("<script>alert(1)</script>"))
        with pytest.raises(TypeError, match="save each row"):
            Page.objects.bulk_create([made], update_conflicts=True, unique_fields=["pk"], update_fields=["slug"])
    assert paths(north) == ["/a/"]


def test_a_parent_and_its_pages_are_deleted_together_and_not_alone(north: Site) -> None:
    top = page(north, slug="a")
    page(north, slug="b", parent=top)
    with use_site(north), pytest.raises(models.RestrictedError) as refused:
        top.delete()
    assert "Page.parent" in str(refused.value)  # also where no site is current
    with use_site(north):
        Page.objects.all().delete()
    assert paths(north) == []
