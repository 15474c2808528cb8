"""One list for the pages of all kinds, the choice of a kind, and a form for each. Through HTTP, on two sites."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from tests.support.makers import Browser, page, page_form, person
from tests.third_party.models import EventPage, EventsPage

LIST, CHOOSE = "/admin/pages/page/", "/admin/pages/page/kinds/"
DAY = date(2026, 12, 24)
PLAIN = {"pages.page", "pages.linkpage"}


@pytest.fixture
def editor(nora: User) -> Browser:
    return signed_in(nora)


@pytest.fixture
def events(north: Site) -> EventsPage:
    return page(north, EventsPage, slug="events", title="Events")


@pytest.fixture
def event(north: Site, events: EventsPage) -> EventPage:
    return page(north, EventPage, slug="one", title="Concert", parent=events, starts_on=DAY)


def signed_in(user: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(user)
    return browser


def with_rights(north: Site, right: Callable[[Permission], bool]) -> Browser:
    """A person whose role has those rights of an editor for which the function returns true."""
    role = Group.objects.create(name="Some rights")
    every = Group.objects.get(name="Editor").permissions.select_related("content_type")
    role.permissions.set([permission for permission in every if right(permission)])
    return signed_in(person("pia", north, role.name))


def form_of(kind: type[Page], view: str = "add/") -> str:
    return f"/admin/{kind._meta.app_label}/{kind._meta.model_name}/{view}"


def offered(browser: Browser, address: str = CHOOSE) -> list[str]:
    """The titles of the kinds on the page of the choice."""
    response = browser.get(address)
    assert response.status_code == 200
    return re.findall(r"<strong>(.*?)</strong>", response.content.decode().partition('<ul class="kinds">')[2])


def test_the_choice_shows_each_kind_with_its_icon_title_and_text(editor: Browser) -> None:
    assert offered(editor) == ["Page", "Link", "List of events", "Event", "Greeting page"]
    shown = editor.get(CHOOSE).content.decode()
    assert "third_party/calendar.svg" in shown
    assert "All events, the next one first." in shown
    assert shown.count("Text with headings") == 1
    assert f'href="{form_of(EventsPage)}"' in shown
    assert f'href="{CHOOSE}"' in editor.get(LIST).content.decode()
    assert CHOOSE in editor.get(form_of(Page)).content.decode()


def test_below_a_page_only_the_kinds_are_offered_that_may_be_there(
    editor: Browser, events: EventsPage, north: Site
) -> None:
    plain = page(north, slug="plain")
    assert offered(editor, f"{CHOOSE}?parent={plain.pk}") == ["Page", "Link", "List of events", "Greeting page"]
    assert (
        f'href="{form_of(EventsPage)}?parent={plain.pk}"' in editor.get(f"{CHOOSE}?parent={plain.pk}").content.decode()
    )
    listed = editor.get(LIST).content.decode()
    assert f'href="{CHOOSE}?parent={events.pk}"' in listed
    only = editor.get(f"{CHOOSE}?parent={events.pk}")
    assert (only.status_code, only.headers["Location"]) == (302, f"{form_of(EventPage)}?parent={events.pk}")
    form = editor.get(only.headers["Location"]).content.decode()
    assert f'<option value="{events.pk}" selected>' in form


def test_nothing_is_offered_below_what_may_have_nothing_below(
    editor: Browser, events: EventsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventsPage, "child_kinds", ())
    assert offered(editor, f"{CHOOSE}?parent={events.pk}") == []
    assert f"?parent={events.pk}" not in editor.get(LIST).content.decode()


@pytest.mark.parametrize("parent", ["0", "none", "9" * 30, "٣"])
def test_the_choice_below_a_page_that_does_not_exist(parent: str, editor: Browser) -> None:
    assert editor.get(CHOOSE, {"parent": parent}).status_code == 404


def test_the_choice_below_a_page_of_another_site(editor: Browser, south: Site) -> None:
    assert editor.get(CHOOSE, {"parent": page(south, slug="theirs").pk}).status_code == 404


def test_a_page_of_a_kind_is_added_and_changed_in_its_own_form(
    editor: Browser, events: EventsPage, north: Site
) -> None:
    data = page_form(title="Concert", slug="concert", parent=events.pk, starts_on="2026-12-24", label="")
    added = editor.post(form_of(EventPage), data)
    assert added.status_code == 302, added.content.decode()
    made = EventPage.all_sites.get(slug="concert")
    assert (made.site, made.path, made.kind, made.starts_on) == (
        north,
        "/events/concert/",
        "third_party.eventpage",
        DAY,
    )
    back = editor.get(added.headers["Location"])
    assert (back.status_code, urlsplit(back.headers["Location"]).path) == (302, LIST)
    change = form_of(EventPage, f"{made.pk}/change/")
    assert f'href="{change}"' in editor.get(LIST).content.decode()
    form = editor.get(change).content.decode()
    assert 'name="starts_on"' in form
    assert 'name="kind"' not in form
    assert editor.post(change, {**data, "title": "Opera", "kind": "pages.page"}).status_code == 302
    made = EventPage.all_sites.get(pk=made.pk)
    assert (made.title, made.kind) == ("Opera", "third_party.eventpage")


def test_a_kind_without_an_admin_class_has_a_form(editor: Browser) -> None:
    assert editor.post(form_of(EventsPage), page_form(title="Events", slug="events")).status_code == 302
    assert Browser("north.test").get("/events/").status_code == 200


def test_a_place_that_a_kind_may_not_have_is_an_error_of_the_field(
    editor: Browser, events: EventsPage, event: EventPage, north: Site
) -> None:
    plain = page(north, slug="plain")
    data = page_form(title="New", slug="new", starts_on="2026-12-24", label="")
    select = editor.get(form_of(EventPage)).content.decode().partition('<select name="parent"')[2]
    assert set(re.findall(r'<option value="(\d*)"', select.partition("</select>")[0])) <= {"", str(events.pk)}
    for parent in ("", plain.pk):
        form = editor.post(form_of(EventPage), {**data, "parent": parent}).context["adminform"].form
        assert form.errors.keys() == {"parent"}
    form = editor.post(form_of(Page), page_form(title="New", slug="new", parent=events.pk)).context["adminform"].form
    assert form.errors.keys() == {"parent"}
    assert not Page.all_sites.filter(slug="new").exists()


def test_the_list_shows_and_filters_kinds(editor: Browser, event: EventPage, north: Site) -> None:
    page(north, slug="plain", title="Plain")
    listed = editor.get(LIST).content.decode()
    assert re.search(r'class="kind"><img src="\S+calendar.svg" alt="">Event<', listed)
    assert re.search(r'class="kind"><img src="\S+page.svg" alt="">Page<', listed)
    found = editor.get(LIST, {"kind": "third_party.eventpage"})
    assert [row.path for row in found.context["cl"].result_list] == ["/events/one/"]


def test_kinds_are_not_in_the_overview_and_their_lists_lead_to_the_one_list(editor: Browser, event: EventPage) -> None:
    overview = editor.get("/admin/").content.decode()
    assert f'href="{LIST}"' in overview
    assert form_of(EventPage, "") not in overview
    assert form_of(LinkPage, "") not in overview
    lists = editor.get(form_of(EventPage, "?status=draft"))
    assert (lists.status_code, lists.headers["Location"]) == (302, f"{LIST}?status=draft")
    popup = editor.get(form_of(EventPage, "?_popup=1"))
    assert [row.pk for row in popup.context["cl"].result_list] == [event.pk]


@pytest.mark.parametrize("view", ["change", "delete", "history"])
def test_the_pages_of_a_row_are_those_of_its_kind(view: str, editor: Browser, event: EventPage) -> None:
    for send in (editor.get, editor.post):
        response: Any = send(f"{LIST}{event.pk}/{view}/")
        assert response.status_code == 302
        assert response.headers["Location"] == form_of(EventPage, f"{event.pk}/{view}/")
    shown = editor.get(form_of(EventPage, f"{event.pk}/{view}/"))
    assert shown.status_code == 200
    trail = shown.content.decode().partition('<div class="breadcrumbs">')[2].partition("</div>")[0]
    for address in re.findall(r'href="(.*?)"', trail):
        assert editor.get(address).status_code == 200
    assert EventPage.all_sites.filter(pk=event.pk).exists()


def test_a_row_of_another_site_is_not_there_in_any_form(south: Site, editor: Browser) -> None:
    theirs = page(south, EventsPage, slug="events")
    for address in (f"{LIST}{theirs.pk}/change/", form_of(EventsPage, f"{theirs.pk}/change/")):
        assert editor.get(address).status_code == 404


def test_each_kind_has_its_own_rights(north: Site, events: EventsPage, event: EventPage) -> None:
    browser = with_rights(north, lambda right: right.content_type.app_label == "pages")
    assert offered(browser) == ["Page", "Link"]
    assert browser.get(form_of(EventPage)).status_code == 403
    assert browser.get(form_of(EventPage, f"{event.pk}/change/")).status_code == 403
    for action in ("withdraw", "delete_selected"):
        browser.post(LIST, {"action": action, "_selected_action": [event.pk], "post": "yes"})
    event = EventPage.all_sites.get(pk=event.pk)
    assert event.status == "published"
    assert browser.post(form_of(EventPage, f"{event.pk}/delete/"), {"post": "yes"}).status_code == 403
    assert EventPage.all_sites.filter(pk=event.pk).exists()


def test_who_may_add_no_page_chooses_no_kind(north: Site, events: EventsPage) -> None:
    browser = with_rights(north, lambda right: not right.codename.startswith("add_"))
    assert browser.get(CHOOSE).status_code == 403
    listed = browser.get(LIST)
    assert listed.status_code == 200
    assert CHOOSE not in listed.content.decode()


def test_an_action_works_on_pages_of_all_kinds(
    editor: Browser, events: EventsPage, event: EventPage, north: Site
) -> None:
    plain = page(north, slug="plain")
    rows = [plain.pk, event.pk, events.pk]
    for action, status in (("withdraw", "draft"), ("publish", "published")):
        editor.post(LIST, {"action": action, "_selected_action": rows})
        assert set(Page.all_sites.filter(pk__in=rows).values_list("status", flat=True)) == {status}
    history = editor.get(form_of(EventPage, f"{event.pk}/history/")).content.decode()
    assert len(re.findall(r"<td>\s*Status\s*</td>", history)) == 2


def test_an_action_changes_nothing_if_one_page_is_of_a_kind_that_one_may_not_publish(
    north: Site, event: EventPage
) -> None:
    plain = page(north, slug="plain")
    browser = with_rights(north, lambda right: right.codename != "publish_eventpage")
    response = browser.post(LIST, {"action": "withdraw", "_selected_action": [plain.pk, event.pk]}, follow=True)
    assert "you may not publish pages of the kind “Event”" in response.content.decode()
    assert set(Page.all_sites.values_list("status", flat=True)) == {"published"}


def test_nobody_moves_published_pages_of_a_kind_without_the_right_to_publish_it(
    north: Site, events: EventsPage, event: EventPage
) -> None:
    Page.all_sites.filter(pk=events.pk).update(status="draft")
    browser = with_rights(north, lambda right: right.codename != "publish_eventpage")
    change = form_of(EventsPage, f"{events.pk}/change/")
    assert 'name="slug"' not in browser.get(change).content.decode()
    browser.post(change, page_form(events, title="New title", slug="moved"))
    event = EventPage.all_sites.get(pk=event.pk)
    assert event.path == "/events/one/"
    assert Page.all_sites.get(pk=events.pk).title == "New title"


def test_a_page_whose_kind_is_not_here_says_so_and_stays(root: User, events: EventsPage, north: Site) -> None:
    Page.all_sites.filter(pk=events.pk).update(kind="gone.gonepage")
    browser = signed_in(root)
    assert "gone.gonepage (not on this site)" in browser.get(LIST).content.decode()
    change = f"{LIST}{events.pk}/change/"
    assert f'href="{change}"' in browser.get(LIST).content.decode()
    assert "This site does not have the kind “gone.gonepage”" in browser.get(change).content.decode()
    assert browser.post(change, page_form(events, title="Still")).status_code == 302
    kept = Page.all_sites.get(pk=events.pk)
    assert (kept.title, kept.kind) == ("Still", "gone.gonepage")
    assert browser.post(f"{LIST}{events.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(LIST, {"action": "delete_selected", "_selected_action": [events.pk], "post": "yes"})
    assert Page.all_sites.filter(pk=events.pk).exists()


def test_the_list_costs_the_same_whatever_is_in_it(editor: Browser, event: EventPage, north: Site) -> None:
    costs = []
    for number in range(3):
        page(north, slug=f"p{number}")
        page(north, EventPage, slug=f"e{number}", parent=Page.all_sites.get(path="/events/"), starts_on=DAY)
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(LIST).status_code == 200
        costs.append(len(queries))
    assert costs[1] == costs[2]
