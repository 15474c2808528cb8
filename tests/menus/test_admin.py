"""The page of a menu, on two sites: adding, moving, deleting, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from app.accounts.models import User
from app.menus.models import Menu, MenuEntry
from app.menus.tree import MOST_ENTRIES
from app.menus.write import EntryValues, set_menu
from app.pages.models import LinkPage, Page
from app.posts import menu as posts_menu
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.testing.forms import submitted
from tests.support.makers import Browser, page, person
from tests.support.menus import shown

LIST = "/admin/menus/menu/"


@pytest.fixture
def editor(nora: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(nora)
    return browser


def footer(site: Site, *titles: str) -> tuple[str, dict[str, MenuEntry]]:
    """The address of its page, and its entries by their titles; "/" before a title puts it below the one before."""
    entries: list[dict[str, Any]] = []
    for title in titles:
        below = title.startswith("/")
        place = entries[-1].setdefault("children", []) if below else entries
        place.append({"address": f"/{title.strip('/').lower()}/", "title": title.strip("/")})
    with use_site(site):
        menu = set_menu("footer", entries)
        return f"{LIST}{menu.pk}/", {entry.title: entry for entry in menu.entries.all()}


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def button(browser: Browser, address: str, title: str, label: str) -> str:
    """The value of a button in the row of an entry."""
    body = browser.get(f"{address}change/").content.decode()
    row = body.partition(f'aria-label="Move “{title}”"')[2].partition("</details>")[0]
    found = re.search(rf'value="([^"]+)" title="{label}"', row)
    assert found is not None, row
    return found[1]


def press(browser: Browser, address: str, title: str, label: str) -> Any:
    return browser.post(f"{address}move/", {"move": button(browser, address, title, label)}, follow=True)


def test_an_editor_makes_a_menu_and_adds_entries(north: Site, south: Site, editor: Browser) -> None:
    about = page(north, slug="about", title="About us")
    theirs = page(south, slug="x", title="Theirs")
    body = text_of(editor.get(LIST))
    assert "Header The pages that are shown in menus." in body
    assert "Footer Nothing." in body
    form = submitted(editor.get(f"{LIST}add/?place=footer&name=Footer").content.decode(), "menu_form")
    assert (form["place"], form["name"]) == (["footer"], ["Footer"])
    added = editor.post(f"{LIST}add/", {**form, "_save": "Save"})
    with use_site(north):
        menu = Menu.objects.get()
    assert added.headers["Location"] == f"{LIST}{menu.pk}/change/"

    address = f"{LIST}{menu.pk}/change/"
    body = editor.get(address).content.decode()
    assert "Theirs" not in body
    form = submitted(body, "menuentry_form")
    add = f"/admin/menus/menuentry/add/?menu={menu.pk}"
    assert editor.post(add, {**form, "page": about.pk}).headers["Location"] == address
    with use_site(north):
        first = MenuEntry.objects.get()
    below = {"address": "www.friends.example", "title": "Friends", "parent": first.pk}
    assert editor.post(add, {**form, **below}).status_code == 302
    assert editor.post(add, {**form, "target": "posts.list"}).status_code == 302
    assert shown(north, "footer") == [
        ("About us", "/about/"),
        [("Friends", "https://www.friends.example")],
        ("Blog", "/blog/"),
    ]
    for values, message in (
        ({}, "Choose a page, or a page of an app, or enter an address: one of them."),
        ({"page": about.pk, "address": "/a/", "title": "A"}, "one of them."),
        ({"address": "javascript:alert(1)", "title": "A"}, "Enter a path of this site"),
        ({"address": "/a/"}, "An address has no title of its own."),
        ({"page": theirs.pk}, "Select a valid choice."),
    ):
        refused = editor.post(add, {**form, **values})
        assert refused.status_code == 200
        assert message in text_of(refused)
    body = text_of(editor.get(f"{LIST}{menu.pk}/history/"))
    assert "Added menu entry “Friends”." in body
    assert "Footer" in text_of(editor.get("/admin/"))


def test_the_buttons_move_an_entry_without_a_script(north: Site, editor: Browser) -> None:
    address, _entries = footer(north, "A", "B", "/B1", "/B2", "C")
    for title, label, message, order in (
        ("C", "Move up", "“C” is now before “B”.", "ACB(B1B2)"),
        ("C", "Move in, below the entry before", "“C” is now below “A”.", "A(C)B(B1B2)"),
        ("B1", "Move down", "“B1” is now after “B2”.", "A(C)B(B2B1)"),
        ("B2", "Move out, after the entry above", "“B2” is now after “B”.", "A(C)B(B1)B2"),
        ("A", "Move down", "“A” is now after “B”.", "B(B1)A(C)B2"),
    ):
        assert message in text_of(press(editor, address, title, label))
        found = str(shown(north, "footer"))
        found = re.sub(r"\('(\w+)', '[^']*'\)|[\[\], ]", lambda m: m[1] or {"[": "(", "]": ")"}.get(m[0], ""), found)
        assert found == f"({order})"


def test_a_loop_and_a_fourth_level_are_refused(north: Site, editor: Browser) -> None:
    address, entries = footer(north, "A", "/B", "C", "/D")
    keys = {title: entry.pk for title, entry in entries.items()}
    with use_site(north):
        deep = MenuEntry.objects.create(menu=entries["A"].menu, parent=entries["B"], address="/e/", title="E")
    before = shown(north, "footer")
    for move, message in (
        (f"{keys['A']} inside {keys['B']} 0-0-{keys['C']}", "An entry cannot be below itself."),
        (f"{keys['A']} inside {keys['A']} 0-0-{keys['C']}", "An entry cannot be below itself."),
        (f"{keys['A']} after {deep.pk} 0-0-{keys['C']}", "An entry cannot be below itself."),
        (f"{keys['C']} inside {keys['B']} 0-{keys['A']}-0", "A menu has at most 3 levels."),
    ):
        refused = editor.post(f"{address}move/", {"move": move}, headers={"accept": "application/json"})
        assert (refused.status_code, refused.json()["message"]) == (400, f"Nothing was moved. {message}")
    assert shown(north, "footer") == before


def test_a_move_in_a_list_that_has_changed_is_refused(north: Site, editor: Browser, root: User) -> None:
    address, entries = footer(north, "A", "B", "C")
    stale = button(editor, address, "C", "Move up")
    other = Browser("north.test")
    other.force_login(root)
    press(other, address, "C", "Move up")
    seen = shown(north, "footer")
    for value in (stale, stale.replace(str(entries["C"].pk), "999999")):
        refused = editor.post(f"{address}move/", {"move": value}, headers={"accept": "application/json"})
        assert refused.status_code == 409
        assert "somebody else has changed this part of the tree" in refused.json()["message"]
    assert shown(north, "footer") == seen
    body = editor.get(f"/admin/menus/menuentry/{entries['A'].pk}/change/").content.decode()
    mine = submitted(body, "menuentry_form", title="Mine")
    assert other.post(f"/admin/menus/menuentry/{entries['A'].pk}/change/", {**mine, "title": "Hers"}).status_code == 302
    refused = editor.post(f"/admin/menus/menuentry/{entries['A'].pk}/change/", mine)
    assert "Stored now: Hers" in text_of(refused)


def test_an_entry_is_deleted_with_those_below_it(north: Site, editor: Browser) -> None:
    address, entries = footer(north, "A", "/A1", "/A2", "B")
    delete = f"/admin/menus/menuentry/{entries['A'].pk}/delete/"
    body = text_of(editor.get(delete))
    assert "The 2 entries below “A” are deleted too." in body
    assert "Menu entry: A1" in body
    assert editor.post(delete, {"post": "yes"}).headers["Location"] == f"{address}change/"
    assert shown(north, "footer") == [("B", "/b/")]
    assert "Deleted menu entry “A”." in text_of(editor.get(f"{address}history/"))


def test_what_visitors_do_not_see_is_said(north: Site, editor: Browser) -> None:
    page(north, slug="team", title="Team", status="draft")
    about = page(north, slug="about", title="About")
    with use_site(north):
        children = [{"page": "/about/"}, {"address": "/x/", "title": "X"}]
        entries: list[EntryValues] = [
            {"page": "/team/", "children": children},
            {"target": "posts.list"},
            {"page": "/about/"},
        ]
        menu = set_menu("footer", entries)
    delete = f"/admin/pages/page/{about.pk}/delete/"
    assert re.search(r"Linked from .* Menu: Footer", text_of(editor.get(delete)))
    with use_site(north):
        Page.objects.get(pk=about.pk).delete()
        SiteProfile.objects.filter(site=north).update(settings={})
        menu.place = "sidebar"
        menu.save()
    directory.expire()
    body = text_of(editor.get(f"{LIST}{menu.pk}/change/"))
    for note in (
        "Not shown: the page is a draft",
        "Not shown, because the entry above is not",
        "Not shown: no app of this site has this page any longer",
        "(leads nowhere)",
        "Not shown: its page was deleted",
        "The theme Portico has no place “sidebar”, so this menu is not shown.",
        "sidebar (this theme does not show it)",
    ):
        assert note in body, note
    body = editor.get(f"{LIST}{menu.pk}/change/").content.decode()
    assert editor.post(f"{LIST}{menu.pk}/change/", submitted(body, "menu_form", name="Kept")).status_code == 302
    with use_site(north):
        assert Menu.objects.get().place == "sidebar"
    assert "sidebar (this theme does not show it)" in text_of(editor.get(LIST))


def test_a_header_menu_begins_with_the_pages(north: Site, south: Site, editor: Browser) -> None:
    page(north, slug="team", title="Team", parent=page(north, slug="about", title="About"))
    copied = editor.post(f"{LIST}copy-pages/", {"place": "header"}, follow=True)
    assert "2 pages were copied." in text_of(copied)
    assert shown(north, "header") == [("About", "/about/"), [("Team", "/about/team/")]]
    assert "there is a menu at this place now" in text_of(
        editor.post(f"{LIST}copy-pages/", {"place": "header"}, follow=True)
    )
    assert editor.post(f"{LIST}copy-pages/", {"place": "attic"}).status_code == 404
    with use_site(north):
        pk = Menu.objects.get().pk
    assert "the menu has entries" in text_of(editor.post(f"{LIST}{pk}/copy-pages/", follow=True))


def test_menus_are_for_people_who_may_change_them(north: Site, south: Site, editor: Browser, sam: User) -> None:
    address, entries = footer(north, "A", "B")
    theirs, others = footer(south, "C", "D")
    move = f"{entries['B'].pk} before {entries['A'].pk} 0-{entries['A'].pk}-0"
    author, sams = Browser("north.test"), Browser("south.test")
    author.force_login(person("arne", north, "Author"))
    sams.force_login(sam)
    for browser, status in ((author, 403), (sams, 404)):
        assert browser.post(f"{address}move/", {"move": move}).status_code == status
        assert browser.post(f"{address}copy-pages/").status_code == status
    assert author.post(f"{LIST}copy-pages/", {"place": "header"}).status_code == 403
    sent = f"{others['D'].pk} before {others['C'].pk} 0-{others['C'].pk}-0"
    refused = editor.post(f"{address}move/", {"move": sent}, headers={"accept": "application/json"})
    assert refused.status_code == 409  # as for an entry that does not exist
    add = f"/admin/menus/menuentry/add/?menu={theirs.split('/')[-2]}"
    form = {"address": "/x/", "title": "X", "menu": theirs.split("/")[-2], "page": "", "target": "", "parent": ""}
    assert "Select a valid choice." in text_of(editor.post(add, form))
    assert shown(south, "footer") == [("C", "/c/"), ("D", "/d/")]


def test_two_people_cannot_make_a_loop_at_one_time(north: Site, editor: Browser) -> None:
    _address, entries = footer(north, "A", "B")
    forms = {
        title: submitted(
            editor.get(f"/admin/menus/menuentry/{entries[title].pk}/change/").content.decode(),
            "menuentry_form",
            parent=str(entries[other].pk),
        )
        for title, other in (("A", "B"), ("B", "A"))
    }
    first = editor.post(f"/admin/menus/menuentry/{entries['A'].pk}/change/", forms["A"])
    second = editor.post(f"/admin/menus/menuentry/{entries['B'].pk}/change/", forms["B"])
    assert first.status_code == 302
    assert "An entry cannot be below itself." in text_of(second)
    entries["B"].parent = entries["A"]  # both were read before the first move
    with use_site(north), pytest.raises(ValidationError, match="below itself"):
        entries["B"].save()
    assert shown(north, "footer") == [("B", "/b/"), [("A", "/a/")]]


def test_the_page_of_a_menu_costs_the_same_with_many_entries_and_pages(north: Site, editor: Browser) -> None:
    first = page(north, slug="p", title="First")
    with use_site(north):
        menu = set_menu("footer", [{"page": "/p/"}])
    numbers = []
    editor.get(f"{LIST}{menu.pk}/change/")  # what each process loads once
    for made in (0, MOST_ENTRIES - 2):
        with use_site(north):
            Page.objects.bulk_create([Page(slug=f"p{n}", title=f"P{n}", status="published") for n in range(made)])
            pages = Page.objects.exclude(pk=first.pk)
            MenuEntry.objects.bulk_create([MenuEntry(menu=menu, page=row) for row in pages])
        with CaptureQueriesContext(connection) as queries:
            body = editor.get(f"{LIST}{menu.pk}/change/").content.decode()
        numbers.append(len(queries))
        assert body.count("menuentry/") >= 2 * (made + 1)
    assert numbers[0] == numbers[1]
    with use_site(north):
        Page.objects.bulk_create([Page(slug=f"q{n}", title=f"Q{n}", status="published") for n in range(3)])
    assert "admin-autocomplete" in editor.get(f"{LIST}{menu.pk}/change/").content.decode()
    search = {"app_label": "menus", "model_name": "menuentry", "field_name": "page", "term": "Q1"}
    assert [row["text"] for row in editor.get("/admin/autocomplete/", search).json()["results"]] == ["Q1  (/q1/)"]


@pytest.fixture
def costs(north: Site, editor: Browser, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, int]]:
    """What a request costs: looks at the targets of an app, and reads of pages and menus."""
    calls: list[object] = []
    targets = posts_menu.targets

    def counted() -> list[tuple[str, str, str]]:
        calls.append(1)
        return targets()

    monkeypatch.setattr(posts_menu, "targets", counted)

    def of(address: str, values: dict[str, Any] | None = None) -> tuple[int, int]:
        calls.clear()
        with CaptureQueriesContext(connection) as queries:
            response = editor.get(address) if values is None else editor.post(address, values)
        assert response.status_code == (200 if values is None else 302)
        read = re.compile(r'SELECT .* FROM "(pages_page|menus_menu)"')
        return len(calls), len([query for query in queries if read.match(query["sql"])])

    return of


def untitled(site: Site, number: int) -> tuple[Menu, MenuEntry]:
    """A menu with an entry above others, none of which has a title of its own."""
    with use_site(site):
        made = set_menu("footer", [{"target": "posts.list"}])
        top = made.entries.get()
        for place in range(number):
            slug = f"p{number}-{place}"
            link = page(site, LinkPage, slug=slug, title=f"P{place}", address="", target="posts.list")
            MenuEntry.objects.create(menu=made, parent=top, page=link)
            MenuEntry.objects.create(menu=made, parent=top, target="posts.list")
        return made, top


def test_the_targets_of_apps_are_read_as_often_for_many_entries(
    north: Site, costs: Callable[..., tuple[int, int]]
) -> None:
    found = []
    for number in (1, 9):
        made, top = untitled(north, number)
        addresses = (f"{LIST}{made.pk}/change/", f"/admin/menus/menuentry/{top.pk}/change/", "/admin/menus/menuentry/")
        found.append([costs(address)[0] for address in addresses])
    assert found[0] == found[1]


def test_a_deletion_costs_the_same_for_many_entries(north: Site, costs: Callable[..., tuple[int, int]]) -> None:
    found = []
    for number in (1, 9):
        made, top = untitled(north, number)
        with use_site(north):
            keys = list(made.entries.exclude(pk=top.pk).values_list("pk", flat=True))
        chosen = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
        shown = [costs(address) for address in (f"{LIST}{made.pk}/delete/", f"/admin/menus/menuentry/{top.pk}/delete/")]
        found.append([*shown, costs("/admin/menus/menuentry/", chosen)])
    assert found[0] == found[1]
