"""The list of pages in the order of the tree, and moving pages in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.pages.moving import ListChanged, Side, move
from app.pages.tree_order import places
from app.tenancy.current import use_site
from tests.support.makers import Browser, make_north, page, page_form, person

LIST, MOVE = "/admin/pages/page/", "/admin/pages/page/move/"
JSON = {"Accept": "application/json"}


def seen(row: Page) -> str:
    with use_site(row.site):
        return places(Page.objects.filter(pk=row.pk))[0].neighbours


def value(row: Page, side: str, target: Page) -> dict[str, str]:
    return {"move": f"{row.pk} {side} {target.pk} {seen(row)} {seen(target)}"}


def order(site: Site) -> list[str]:
    """The addresses in the order of the tree."""
    with use_site(site):
        shown = places(Page.objects.all(), most=1000)
        rows = Page.objects.in_bulk()
    return [rows[place.key].path for place in shown]


@pytest.fixture
def tree(north: Site) -> dict[str, Page]:
    a = page(north, slug="a", title="A", position=1)
    b = page(north, slug="b", title="B", position=2)
    c = page(north, slug="c", title="C", position=3)
    one = page(north, slug="one", title="One", parent=a, position=1)
    two = page(north, slug="two", title="Two", parent=a, position=2)
    return {"a": a, "b": b, "c": c, "one": one, "two": two}


@pytest.fixture
def editor(nora: User, at_north: Browser) -> Browser:
    at_north.force_login(nora)
    return at_north


def titles(response: object) -> list[str]:
    listed = re.findall(r'class="field-indented_title">(.*?)</th>', response.content.decode())  # type: ignore[attr-defined]
    return [f"{row.count('indent')}{re.sub('<[^>]*>', '', row)}" for row in listed]


def test_the_list_is_in_the_order_of_the_menu(tree: dict[str, Page], editor: Browser, north: Site, south: Site) -> None:
    page(south, slug="theirs", title="Theirs")
    page(north, slug="home", title="First", own_path="/z/", position=0)
    assert titles(editor.get(LIST)) == ["0First", "0A", "1One", "1Two", "0B", "0C"]
    assert titles(editor.get(LIST, {"q": "two"})) == ["1Two"]
    assert titles(editor.get(LIST, {"kind": "pages.linkpage"})) == []
    assert titles(editor.get(LIST, {"o": "-2"}))[0] == "0First"  # sorted by address: without the tree


@pytest.mark.parametrize(
    ("moved", "side", "target", "expected"),
    [
        ("c", "before", "a", ["/c/", "/a/", "/a/one/", "/a/two/", "/b/"]),
        ("a", "after", "b", ["/b/", "/a/", "/a/one/", "/a/two/", "/c/"]),
        ("two", "before", "one", ["/a/", "/a/two/", "/a/one/", "/b/", "/c/"]),
        ("b", "inside", "a", ["/a/", "/a/one/", "/a/two/", "/a/b/", "/c/"]),
        ("one", "after", "a", ["/a/", "/a/two/", "/one/", "/b/", "/c/"]),
        ("a", "inside", "b", ["/b/", "/b/a/", "/b/a/one/", "/b/a/two/", "/c/"]),
        ("c", "before", "two", ["/a/", "/a/one/", "/a/c/", "/a/two/", "/b/"]),
        ("a", "before", "a", ["/a/", "/a/one/", "/a/two/", "/b/", "/c/"]),
    ],
)
def test_a_page_moves_with_all_below_it(
    moved: str, side: str, target: str, expected: list[str], tree: dict[str, Page], editor: Browser, north: Site
) -> None:
    old = tree[moved].path
    response = editor.post(MOVE, value(tree[moved], side, tree[target]), headers=JSON)
    assert response.status_code == 200, response.content.decode()
    assert f"“{tree[moved].title}” is now" in response.json()["message"]
    assert order(north) == expected
    new = Page.all_sites.get(pk=tree[moved].pk).path
    if new != old:
        assert editor.get(old).headers["Location"] == new


def test_the_buttons_of_a_row_work_without_a_script(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    steps = [
        ("C", "Move up", ["/a/", "/a/one/", "/a/two/", "/c/", "/b/"]),
        ("C", "Move in, below the page before", ["/a/", "/a/one/", "/a/two/", "/a/c/", "/b/"]),
        ("Two", "Move down", ["/a/", "/a/one/", "/a/c/", "/a/two/", "/b/"]),
        ("One", "Move out, after the page above", ["/a/", "/a/c/", "/a/two/", "/one/", "/b/"]),
    ]
    for title, button, expected in steps:
        listed = editor.get(LIST, {"q": title}).content.decode()
        row = next(row for row in listed.split("<tr>") if f"Move “{title}”" in row)
        found = re.search(rf'value="([^"]*)" title="{button}"', row)
        assert found is not None
        response = editor.post(f"{MOVE}?q={title}", {"move": unescape(found[1])}, follow=True)
        assert response.redirect_chain == [(f"{LIST}?q={title}", 302)]
        assert f"“{title}” is now" in response.content.decode()
        assert order(north) == expected


@pytest.mark.parametrize(
    ("moved", "side", "target", "status", "message"),
    [
        ("a", "inside", "one", 400, "A page cannot be below itself."),
        ("a", "inside", "a", 400, "A page cannot be below itself."),
        ("home", "inside", "a", 400, "The home page stays at the top."),
        ("same", "inside", "a", 400, "has this address. “One” is at /a/one/. Choose another one."),
    ],
)
def test_what_is_not_possible_is_refused_with_a_reason(
    moved: str, side: str, target: str, status: int, message: str, tree: dict[str, Page], editor: Browser, north: Site
) -> None:
    tree |= {"home": page(north, slug="", title="Home"), "same": page(north, slug="one", title="Same")}
    before = order(north)
    response = editor.post(MOVE, value(tree[moved], side, tree[target]), headers=JSON)
    assert response.status_code == status
    assert message in response.json()["message"]
    assert order(north) == before
    listed = editor.get(LIST).content.decode()
    assert message in listed
    if moved == "same":  # with the way to the page that is in the way
        assert f'<a href="{LIST}{tree["one"].pk}/change/">Open “One”</a>' in listed


def test_a_list_that_is_old_moves_nothing(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    old = value(tree["c"], "before", tree["a"])
    assert editor.post(MOVE, value(tree["b"], "before", tree["a"])).status_code == 302
    before = order(north)
    response = editor.post(MOVE, old, headers=JSON)
    assert response.status_code == 409
    assert "somebody else has changed this part of the tree" in response.json()["message"]
    assert order(north) == before


def test_nobody_moves_what_she_may_not_change(tree: dict[str, Page], north: Site, south: Site) -> None:
    theirs = page(south, slug="theirs")
    draft = page(north, slug="draft", title="Draft", status="draft")
    author, stranger = Browser("north.test"), Browser("north.test")
    author.force_login(person("ada", north, "Author"))
    stranger.force_login(person("eve", south))
    page(north, slug="published", parent=draft)
    before = order(north)
    assert author.post(MOVE, value(tree["b"], "before", tree["a"]), headers=JSON).status_code == 403
    assert author.post(MOVE, value(draft, "inside", tree["a"]), headers=JSON).status_code == 403
    assert stranger.post(MOVE, value(tree["b"], "before", tree["a"])).status_code == 302
    assert order(north) == before
    for wrong in (value(tree["b"], "before", theirs), value(theirs, "inside", tree["b"]), {"move": "1 up 2 3"}, {}):
        assert author.post(MOVE, wrong).status_code == 404
    assert author.get(MOVE).status_code == 405
    assert author.post(MOVE, value(draft, "after", tree["a"]), headers=JSON).status_code == 200
    Group.objects.get(name="Author").permissions.filter(codename="change_page").delete()
    assert author.post(MOVE, value(draft, "after", tree["a"])).status_code == 403


def test_a_new_page_and_one_with_a_new_parent_come_last(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    assert editor.post("/admin/pages/page/add/", page_form(title="AA", slug="aa")).status_code == 302
    assert order(north)[-1] == "/aa/"
    change = f"{LIST}{tree['b'].pk}/change/"
    assert editor.post(change, page_form(tree["b"], parent=tree["a"].pk)).status_code == 302
    assert order(north) == ["/a/", "/a/one/", "/a/two/", "/a/b/", "/c/", "/aa/"]
    first = page_form(tree["a"], title="Renamed")
    assert editor.post(f"{LIST}{tree['a'].pk}/change/", first).status_code == 302
    assert order(north)[0] == "/a/"


def test_a_link_moves_whatever_is_wrong_with_it(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    lost = page(north, LinkPage, slug="lost", title="Lost", target="events.gone", position=9)
    assert editor.post(MOVE, value(lost, "before", tree["a"]), headers=JSON).status_code == 200
    assert order(north)[0] == "/lost/"


def test_a_list_and_a_move_cost_the_same_whatever_the_number_of_pages(editor: Browser, north: Site) -> None:
    lists, moves = set(), set()
    top = page(north, slug="top", title="Top")
    for number in (150, 600):
        with use_site(north):
            have = Page.objects.count()
            Page.objects.bulk_create([Page(title=f"P{n}", slug=f"p{n}", parent=top) for n in range(have, number)])
            first, last = Page.objects.filter(parent=top).first(), Page.objects.filter(parent=top).last()
        assert first is not None
        assert last is not None
        editor.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            shown = editor.get(LIST, {"p": 2})
        lists.add((len(queries), len(titles(shown)) <= 100))
        with CaptureQueriesContext(connection) as queries:
            assert editor.post(MOVE, value(last, "before", first), headers=JSON).status_code == 200
        moves.add(len(queries))
    assert len(lists) == len(moves) == 1, (lists, moves)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_editors_at_one_moment_leave_a_tree() -> None:
    """Each moves a page below the other's: one of them is too late."""
    north = make_north()
    one, two = page(north, slug="one"), page(north, slug="two")
    outcomes: list[str] = []
    start = Barrier(2)

    def run(moved: Page, target: Page) -> Callable[[], None]:
        known = {moved.pk: seen(moved), target.pk: seen(target)}

        def moving() -> None:
            with use_site(north):
                start.wait()
                try:
                    move(moved, target, Side.INSIDE, seen=known)
                    outcomes.append("moved")
                except (ListChanged, ValidationError):
                    outcomes.append("refused")
            connection.close()

        return moving

    threads = [Thread(target=run(one, two)), Thread(target=run(two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "refused"]
    assert len(order(north)) == 2


def test_the_parents_are_offered_in_the_order_of_the_tree(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    change = f"{LIST}{tree['a'].pk}/change/"
    assert editor.post(change, page_form(tree["a"], own_path="/z/deep/")).status_code == 302
    with CaptureQueriesContext(connection) as queries:
        shown = re.findall(r"<option[^>]*>([^<]*)  \(/", editor.get(f"{LIST}add/").content.decode())
    assert shown == ["A", "\u2003One", "\u2003Two", "B", "C"]
    assert len([query for query in queries if "WITH RECURSIVE" in query["sql"]]) == 1


def test_a_row_that_a_person_may_not_move_has_no_handle(tree: dict[str, Page], editor: Browser, north: Site) -> None:
    draft = page(north, slug="draft", title="Draft", status="draft")
    author = Browser("north.test")
    author.force_login(person("ada", north, "Author"))
    assert re.findall('<details class="page-move" data-page="([0-9]+)"', author.get(LIST).content.decode()) == [
        str(draft.pk)
    ]
    assert editor.get(LIST).content.decode().count('<details class="page-move"') == len(tree) + 1


def test_the_outcome_of_a_move_is_shown_once(editor: Browser, north: Site) -> None:
    page(north, slug="a")
    assert '<p id="page-moved" class="visually-hidden" role="status"' in editor.get(LIST).content.decode()


def test_a_page_with_pages_below_it_is_not_deleted_and_says_why(
    tree: dict[str, Page], editor: Browser, north: Site
) -> None:
    bulk = {"action": "delete_selected"}
    chosen = [tree["a"].pk, tree["b"].pk]
    posted = editor.post(LIST, {**bulk, "_selected_action": chosen})
    for response in (editor.get(f"{LIST}{tree['a'].pk}/delete/"), posted):
        text = response.content.decode()
        assert re.search("“A” has pages below it and cannot be deleted|selected pages have pages below them", text)
        assert ">Two</a>" in text
        assert "protected related" not in text
    chosen += [tree["one"].pk, tree["two"].pk]
    assert editor.post(LIST, {**bulk, "_selected_action": chosen, "post": "yes"}).status_code == 302
    assert order(north) == ["/c/"]
