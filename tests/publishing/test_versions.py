"""A version of a publishable row is stored by every save that changes it. The admin shows them, see test_compare.py."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.postgresql.row_security.scope import every_site
from app.posts.models import Tag
from app.publishing.models import Review, Version
from app.publishing.versions import keeping
from app.publishing.versions.keeping import versions_of
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form
from tests.support.posts import post
from tests.third_party.models import Bulletin, EventPage, EventsPage


def numbers(row: Any, site: Site) -> list[int]:
    with use_site(site):
        return [version.number for version in versions_of(row)]


def newest(row: Any, site: Site) -> Version:
    with use_site(site):
        found = versions_of(row).first()
    assert found is not None
    return found


def test_a_save_that_changes_nothing_stores_no_version(north: Site) -> None:
    row = page(north, title="One", body="<p>Text</p>")
    with use_site(north):
        Page.objects.get(pk=row.pk).save()
        row.position = 7  # a place in an order
        row.save()
        assert numbers(row, north) == [1]
        row.title = "Two"
        row.save()
    last = newest(row, north)
    assert (last.number, last.change, last.changed_fields) == (2, "changed", ["title"])
    assert last.content["title"] == "Two"
    assert last.content["body"] == "<p>Text</p>"
    assert "position" not in last.content


def test_update_fields_store_what_the_row_has_and_not_the_instance(north: Site) -> None:
    row = page(north, title="One")
    with use_site(north):
        row.title, row.description = "Not saved", "Saved"
        row.save(update_fields={"description"})
    assert newest(row, north).content["title"] == "One"
    assert newest(row, north).changed_fields == ["description"]


def test_a_kind_and_a_model_of_another_app_have_versions_without_a_line(north: Site) -> None:
    with use_site(north):
        events = page(north, EventsPage, slug="events")
        event = EventPage.objects.create(title="A", slug="a", parent=events, starts_on="2027-01-02")
        assert newest(event, north).content["starts_on"] == "2027-01-02"
        as_page = Page.objects.get(pk=event.pk)
        as_page.title = "B"
        as_page.save()
        assert newest(event, north).content["starts_on"] == "2027-01-02"
        assert newest(event, north).changed_fields == ["title"]
        bulletin = Bulletin.objects.create(text="a")
        bulletin.status = "published"
        bulletin.save()
        assert numbers(bulletin, north) == [2, 1]


def test_a_row_from_before_there_were_versions_keeps_its_content(north: Site) -> None:
    row = page(north, title="Old")
    with use_site(north):
        Version.objects.all().delete()
        row.title = "New"
        row.save()
        found = [(v.number, v.change, v.content["title"]) for v in versions_of(row)]
    assert found == [(2, "changed", "New"), (1, "found", "Old")]


def test_the_oldest_versions_go(north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 3)
    row = page(north)
    with use_site(north):
        for number in range(6):
            row.title = f"T{number}"
            row.save()
    assert numbers(row, north) == [7, 6, 5]


def test_who_saved_it_is_stored_by_name(north: Site, nora: User) -> None:
    browser = Browser("north.test")
    browser.force_login(nora)
    row = page(north, status="draft", title="One")
    assert newest(row, north).person == ""
    address = f"/admin/pages/page/{row.pk}/change/"
    assert browser.post(address, page_form(row, title="Two")).status_code == 302
    assert (newest(row, north).person, newest(row, north).person_id) == ("nora", nora.pk)


def test_with_a_row_or_a_site_its_versions_go(north: Site, south: Site) -> None:
    row, link, other = page(north), page(north, LinkPage, slug="l", address="/t/"), page(south)
    with use_site(north):
        row.delete()
        LinkPage.objects.get(pk=link.pk).delete()
        assert not Version.objects.exists()
        page(north)
    assert numbers(other, south) == [1]
    with use_site(south):
        Review.objects.create(**keeping.reference(other), asked_by="ada")
    # every_site: a site goes with what belongs to it.
    with every_site():
        south.delete()
    # all_sites: the site of the rows is gone.
    assert not Version.all_sites.exclude(site=north).exists()
    assert not Review.all_sites.exists()
    assert Version.all_sites.count() == 1


def test_another_site_has_other_versions_of_the_same_key(north: Site, south: Site) -> None:
    row = page(north, title="Ours")
    with use_site(south):
        Version.objects.create(**keeping.reference(row), number=9, change="added", status="draft")
    assert numbers(row, north) == [1]


def test_a_fixture_brings_its_own_versions(north: Site, tmp_path: Any) -> None:
    row = page(north, title="One")
    with use_site(north):
        row.title = "Two"
        row.save()
        file = tmp_path / "site.json"
        call_command("dumpdata", "pages", "publishing", output=str(file), verbosity=0)
        Page.objects.all().delete()
        call_command("loaddata", str(file), verbosity=0)
    assert numbers(row, north) == [2, 1]


def test_links_from_the_other_side_are_a_version_too(north: Site) -> None:
    row = post(north)
    with use_site(north):
        tag = Tag.objects.create(name="blue")
        tag.posts.add(row)
        assert newest(row, north).content["tags"] == [tag.pk]
        tag.posts.remove(row)
    assert newest(row, north).changed_fields == ["tags"]
    assert numbers(row, north) == [3, 2, 1]


def test_what_a_save_costs(north: Site) -> None:
    with use_site(north), CaptureQueriesContext(connection) as added:
        row = Bulletin.objects.create(text="a")
    with use_site(north), CaptureQueriesContext(connection) as unchanged:
        row.save()
    row.text = "b"
    with use_site(north), CaptureQueriesContext(connection) as changed:
        row.save()

    def mine(queries: CaptureQueriesContext) -> int:
        return sum("publishing_version" in q["sql"] or 'SELECT "third_party_bulletin"' in q["sql"] for q in queries)

    assert (mine(added), mine(unchanged), mine(changed)) == (2, 2, 3)


def test_a_public_page_costs_no_query_for_versions(north: Site) -> None:
    page(north, slug="a")
    with CaptureQueriesContext(connection) as queries:
        assert Browser("north.test").get("/a/").status_code == 200
    assert not [q for q in queries if "publishing_" in q["sql"]]
