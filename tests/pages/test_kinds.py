"""Kinds of pages that an app brings (tests/third_party), as visitors meet them, and as rows."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.pages.models import Page, pages_below
from app.tenancy.current import use_site
from tests.support.commands import call
from tests.support.makers import Browser, make_north, page, person
from tests.third_party.models import EventPage, EventsPage, GreetingPage

DAY = date(2026, 12, 24)


def event(site: Site, parent: Page, **values: Any) -> EventPage:
    return page(site, EventPage, parent=parent, starts_on=DAY, **values)


def gone(made: Page) -> None:
    """As if the app of the page's kind was not installed any longer."""
    models_of_all_sites: Any = Page.all_sites
    models_of_all_sites.filter(pk=made.pk).update(kind="gone.gonepage")


def test_a_kind_is_shown_by_its_own_template_with_its_own_context(north: Site, south: Site) -> None:
    for site, title in ((north, "Concert"), (south, "Regatta")):
        event(site, page(site, EventsPage, slug="events", title="Events"), slug="one", title=title)
    at_north = Browser("north.test").get("/events/").content.decode()
    assert "<h1>Events</h1>" in at_north
    assert "<li>Concert, 24 December 2026</li>" in at_north
    assert "Regatta" not in at_north
    assert "Regatta" in Browser("south.test").get("/events/").content.decode()


def test_a_kind_without_a_template_is_shown_as_a_standard_page(north: Site, at_north: Browser) -> None:
    events = page(north, EventsPage, slug="events", title="Events")
    event(north, events, slug="concert", title="Concert", body="<p>At eight</p>")
    body = at_north.get("/events/concert/").content.decode()
    assert "<h1>Concert</h1>" in body
    assert "<p>At eight</p>" in body
    assert '<a href="/events/"' in body
    assert '<a href="/events/concert/"' in body


@pytest.mark.django_db(transaction=True)
def test_a_page_of_a_kind_costs_one_query_more_than_a_standard_page() -> None:
    site, browser = make_north(), Browser("north.test")
    page(site, slug="plain")
    events = page(site, EventsPage, slug="events")
    event(site, events, slug="one")
    page(site, GreetingPage, slug="greeting")
    expected = {"/plain/": 1, "/events/one/": 2, "/greeting/": 2}
    for path, number in expected.items():
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        assert len(queries) == number, path


def test_the_kind_is_the_class_that_made_the_page_and_stays(north: Site) -> None:
    events = page(north, EventsPage, slug="events")
    made = event(north, events, slug="one")
    with use_site(north):
        (plain,) = Page.objects.bulk_create([Page(title="B", slug="b", kind="third_party.eventspage")])
        assert [row.kind for row in (events, made, plain)] == [
            "third_party.eventspage",
            "third_party.eventpage",
            "pages.page",
        ]
        base = Page.objects.get(pk=made.pk)
        base.kind, base.title = "pages.page", "Renamed"
        base.save()
        Page.objects.filter(pk=made.pk).update(kind="pages.page")
        made = Page.objects.get(pk=made.pk).as_kind()
    assert (type(made), made.kind, made.title, made.starts_on) == (EventPage, "third_party.eventpage", "Renamed", DAY)


def test_rows_of_a_release_that_knows_no_kinds_are_standard_pages(north: Site) -> None:
    made = page(north, slug="old")
    unknown = {"id", "kind", "path", "slug"}
    names = ", ".join(str(field.column) for field in Page._meta.concrete_fields if field.name not in unknown)
    with use_site(north), connection.cursor() as cursor:  # the old release goes on during an upgrade
        insert = f"INSERT INTO pages_page (path, slug, {names}) SELECT '/new/', 'new', {names} FROM pages_page"  # noqa: S608
        cursor.execute(f"{insert} WHERE id = %s", [made.pk])
    assert Page.all_sites.get(path="/new/").kind == "pages.page"


def test_a_page_of_a_kind_whose_app_is_gone_is_a_standard_page(north: Site, at_north: Browser) -> None:
    events = page(north, EventsPage, slug="events", title="Events", body="<p>All of them</p>")
    gone(events)
    response = at_north.get("/events/")
    assert response.status_code == 200
    assert "<p>All of them</p>" in response.content.decode()
    assert 'class="events"' not in response.content.decode()
    with use_site(north):
        below = page(north, slug="below", parent=Page.objects.get(pk=events.pk))
    assert at_north.get(below.path).status_code == 200


def test_a_draft_of_a_kind_is_shown_to_those_who_may_change_that_kind(north: Site, nora: User) -> None:
    page(north, EventsPage, slug="events", status="draft")
    role = Group.objects.create(name="Standard pages only")
    role.permissions.set(Permission.objects.filter(content_type__app_label="pages"))
    for someone, status in ((nora, 200), (person("pia", north, role.name), 404)):
        editor = Browser("north.test")
        editor.force_login(someone)
        assert editor.get("/events/").status_code == status
    assert Browser("north.test").get("/events/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "parent", "message"),
    [
        (EventPage, None, "“event” must be below another page"),
        (EventPage, Page, "“event” may not be directly below one of the kind “page”"),
        (Page, EventsPage, "“page” may not be directly below one of the kind “list of events”"),
        (EventsPage, EventsPage, "“list of events” may not be directly below"),
        (Page, EventPage, ""),
        (EventPage, EventsPage, ""),
    ],
)
def test_a_kind_says_what_may_be_below_it_and_above_it(
    kind: type[Page], parent: type[Page] | None, message: str, north: Site
) -> None:
    above = None
    if parent is not None:
        events = page(north, EventsPage, slug="events") if parent is EventPage else None
        values: dict[str, Any] = {"parent": events, "starts_on": DAY} if parent is EventPage else {}
        above = page(north, parent, slug="above", **values)
    with use_site(north):
        values = {"starts_on": DAY} if kind is EventPage else {}
        new = kind(title="New", slug="new", parent=above, **values)
        for attempt in (new.full_clean, new.save):
            if message:
                with pytest.raises(ValidationError, match=message) as refused:
                    attempt()
                assert refused.value.message_dict.keys() == {"parent"}
            else:
                attempt()
        if kind is Page and message:
            with pytest.raises(ValidationError, match=message):
                Page.objects.bulk_create([new])


def test_what_is_where_it_may_not_be_stays_there_until_it_moves(north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    events = page(north, EventsPage, slug="events")
    made = event(north, events, slug="one")
    other = page(north, slug="other")
    monkeypatch.setattr(EventsPage, "child_kinds", ())
    with use_site(north):
        made.title = "Renamed"
        made.full_clean()
        made.save()
        for move in (lambda: Page.objects.filter(pk=made.pk).update(parent=other), lambda: other.children.add(made)):
            with pytest.raises(ValidationError, match="may not be directly below"):
                move()
        made.refresh_from_db()
        assert (made.title, made.path) == ("Renamed", "/events/one/")


def test_the_operations_of_the_tree_are_the_same_for_every_kind(north: Site) -> None:
    top = page(north, slug="top")
    events = page(north, EventsPage, slug="events", parent=top)
    one, two = (event(north, events, slug=slug) for slug in ("one", "two"))
    with use_site(north):
        assert {row.pk for row in pages_below(top.pk)} == {events.pk, one.pk, two.pk}
        EventsPage.objects.filter(pk=events.pk).update(parent=None, title="Events")
        assert [row.path for row in EventPage.objects.order_by("path")] == ["/events/one/", "/events/two/"]
        EventPage.objects.filter(pk=one.pk).update(slug="first")
        assert EventPage.objects.bulk_update([one], ["starts_on"]) == 1
        assert EventPage.objects.get(pk=one.pk).path == "/events/first/"
        EventPage.objects.filter(pk=two.pk).delete()
        assert Page.objects.filter(pk=two.pk).exists() is False
        Page.objects.filter(pk__in=[events.pk, one.pk]).delete()
        assert list(Page.objects.values_list("path", flat=True)) == ["/top/"]
        assert not EventPage.objects.exists()


def test_pages_of_kinds_are_dumped_and_loaded_per_site(north: Site, south: Site, tmp_path: Path) -> None:
    for site in (north, south):
        event(site, page(site, EventsPage, slug="events"), slug="one", title=site.name)
    labels = ["pages.page", "third_party.eventspage", "third_party.eventpage"]
    with use_site(north):
        out = StringIO()
        call_command("dumpdata", *labels, stdout=out)
        rows = json.loads(out.getvalue())
        assert [row["fields"]["title"] for row in rows if row["fields"].get("slug") == "one"] == ["North"]
        Page.objects.filter(path__startswith="/events/one/").delete()
        Page.objects.all().delete()
        file = tmp_path / "rows.json"
        file.write_text(out.getvalue())
        call_command("loaddata", str(file), verbosity=0)
        assert Page.objects.get(path="/events/one/").as_kind().starts_on == DAY
    assert "North" in Browser("north.test").get("/events/").content.decode()
    assert "South" in Browser("south.test").get("/events/").content.decode()


def test_themes_check_shows_a_sample_of_each_kind(db: None) -> None:
    shown = call("themes", "check", "portico")
    assert "ok    List of events (pages/eventspage.html of the app third_party)" in shown
    assert "ok    Event (pages/page.html of the app pages)" in shown
    assert "Link (" not in shown
