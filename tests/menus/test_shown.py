"""What visitors see of the menus, on two sites."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.menus.models import Menu, MenuEntry
from app.menus.shown import menu_at
from app.menus.tree import MOST_ENTRIES
from app.menus.write import copy_pages, set_menu
from app.pages.models import LinkPage, Page
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.isolation.cross_site import CrossSiteReference
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser, make_north, page
from tests.support.menus import shown


def links(browser: Browser, path: str = "/") -> str:
    _, _, rest = browser.get(path).content.decode().partition("<header")
    return rest.partition("</header>")[0]


def test_a_menu_of_its_own_takes_the_place_of_the_page_tree(
    north: Site, south: Site, at_north: Browser, at_south: Browser
) -> None:
    page(north, slug="", title="Home")
    about = page(north, slug="about", title="About")
    page(south, slug="", title="Theirs")
    assert 'href="/about/">About' in links(at_north)
    with use_site(north):
        children = [{"page": "/about/", "title": "People"}, {"address": "www.friends.example", "title": "Friends"}]
        set_menu("header", [{"target": "posts.list"}, {"page": "/about/", "children": children}])
        set_menu("footer", [{"address": "MAILTO:us@north.test", "title": "Write"}])
    found = links(at_north, "/about/")
    assert found.index(">Blog<") < found.index('href="/about/" aria-current="page">About</a>')
    assert 'aria-current="page">People<' in found
    assert 'href="https://friends.example">' not in found
    assert 'href="https://www.friends.example"' in found
    assert "Home" not in found
    assert shown(north, "footer") == [("Write", "mailto:us@north.test")]
    assert shown(south, "footer") == []
    assert "Theirs" in links(at_south)
    assert "Friends" not in links(at_south)
    about.slug = "us"
    with use_site(north):
        about.save()
    assert 'href="/us/"' in links(at_north, "/us/")


def test_a_theme_gets_three_levels_of_pages_too(north: Site, at_north: Browser) -> None:
    above = None
    for title in ("One", "Two", "Three", "Four"):
        above = page(north, slug=title.lower(), title=title, parent=above)
    expected = [("One", "/one/"), [("Two", "/one/two/"), [("Three", "/one/two/three/")]]]
    assert shown(north, "header") == expected
    # On a page that the menu does not have, the last entry above it is open.
    assert 'href="/one/two/three/" aria-current="true">Three' in links(at_north, "/one/two/three/four/")


def test_open_and_current_entries_and_those_elsewhere(north: Site) -> None:
    page(north, slug="about", title="About", parent=None)
    with use_site(north):
        below = [{"page": "/about/"}, {"address": "/about/#team", "title": "Team"}]
        set_menu("header", [{"address": "https://x.example/", "title": "X", "children": below}])
        for path, is_open, current in (("/about/", True, [True, False]), ("/about/x/", True, [False] * 2)):
            (outside,) = menu_at("header", path)
            assert (outside.opens_elsewhere, outside.is_current, outside.is_open) == (True, False, is_open)
            assert [entry.is_current for entry in outside.children] == current
        assert {menu_at("header", path).place for path in ("/", "/other/", "/o/")} == {""}
        assert menu_at("header", "/about/").place != menu_at("header", "/about/x/").place == "/about/"


def test_what_visitors_do_not_see_is_hidden_with_what_is_below(north: Site) -> None:
    now = timezone.now()
    team = page(north, slug="team", title="Team")
    states: dict[str, dict[str, Any]] = {
        "draft": {"status": "draft"},
        "soon": {"publish_at": now + timedelta(1)},
        "past": {"expire_at": now - timedelta(1)},
        "gone": {},
    }
    for slug, values in states.items():
        page(north, slug=slug, title=slug, **values)
    page(north, LinkPage, slug="lost", title="lost", address="", target="events.gone")
    page(north, LinkPage, slug="link", title="link", address="/team/")
    closed = page(north, LinkPage, slug="closed", title="closed", address="/secret/", login_required=True)
    below = [{"page": "/team/"}]
    slugs = ("draft", "soon", "past", "gone", "lost", "link", "closed")
    with use_site(north):
        menu = set_menu("footer", [{"page": f"/{slug}/", "children": below} for slug in slugs])
        Page.objects.get(path="/gone/").delete()
        assert MenuEntry.objects.filter(page=None).count() == 1
        MenuEntry.objects.create(menu=menu, target="events.gone", title="Lost")
    expected = [("link", "/team/"), [("Team", "/team/")], ("closed", "/closed/"), [("Team", "/team/")]]
    assert shown(north, "footer") == expected
    with use_site(north):
        set_menu("header", [{"page": "/draft/"}])
        assert shown(north, "header") == []  # not the page tree: there is a menu
        closed.delete()
        team.delete()
    assert shown(north, "footer") == [("link", "/team/")]


def test_an_app_that_is_off_has_no_entry(north: Site) -> None:
    with use_site(north):
        set_menu("footer", [{"target": "posts.list"}])
    assert shown(north, "footer") == [("Blog", "/blog/")]
    SiteProfile.objects.filter(site=north).update(settings={})
    directory.expire()
    assert shown(north, "footer") == []


@pytest.mark.django_db(transaction=True)
def test_menus_cost_one_query_and_then_none() -> None:
    site = make_north()
    page(site, slug="", title="Home", publish_at=None, expire_at=timezone.now() + timedelta(1))
    for _ in range(2):
        with use_site(site):
            set_menu("footer", [{"page": "/"}, {"target": "posts.list"}])
            set_menu("header", [{"page": "/", "title": "Start"}])
        browser = Browser("north.test")
        with CaptureQueriesContext(connection) as queries:
            assert ">Start<" in links(browser)
        assert len([query for query in queries if "menus_menu" in query["sql"]]) == 1
        with CaptureQueriesContext(connection) as queries:
            browser.get("/")
        assert len(queries) == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("/about/", "/about/"),
        ("www.example.com", "https://www.example.com"),
        ("example.com/a?b=1", "https://example.com/a?b=1"),
        ("HTTPS://Example.COM/A", "https://example.com/A"),
        ("https://north.test/about/", "/about/"),
        ("us@example.com", "mailto:us@example.com"),
        ("tel:+49 30 123", "tel:+4930123"),
    ],
)
def test_an_address_has_one_spelling(north: Site, typed: str, stored: str) -> None:
    with use_site(north):
        set_menu("footer", [{"address": typed, "title": "T"}])
        assert MenuEntry.objects.get().address == stored


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\tscript:x",
        "//evil.example",
        "/\\evil.example",
        "data:x,y",
        "about us",
        "about",
        "#top",
        "mailto:x",
        "tel:1",
        "https://",
        "https://a@b.example/",
        "vbscript:x@y.example",
        f"www.example.com/{'x' * 480}",
    ],
)
def test_other_addresses_are_refused_by_every_door(north: Site, typed: str) -> None:
    with use_site(north):
        menu = set_menu("footer", [{"address": "/", "title": "T"}])
        for write in (
            lambda: set_menu("footer", [{"address": typed, "title": "T"}]),
            lambda: MenuEntry.objects.create(menu=menu, address=typed),
            lambda: MenuEntry.objects.bulk_create([MenuEntry(menu=menu, address=typed)]),
            lambda: MenuEntry.objects.update(address=typed),
        ):
            with pytest.raises(ValidationError):
                write()
        assert [entry.address for entry in MenuEntry.objects.all()] == ["/"]


def test_the_database_refuses_a_script(north: Site) -> None:
    with use_site(north):
        menu = set_menu("footer", [{"address": "/", "title": "T"}])
        for address in ("javascript:x", "//evil.example"):
            row = MenuEntry(menu=menu, site=north, address=address)
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save_base(force_insert=True)


def test_a_menu_is_a_tree_of_three_levels_without_loops(north: Site, south: Site) -> None:
    with use_site(south):
        theirs = MenuEntry.objects.create(menu=set_menu("footer", []), address="/")
    with use_site(north):
        menu = set_menu("footer", [])
        one = MenuEntry.objects.create(menu=menu, address="/1/")
        two = MenuEntry.objects.create(menu=menu, address="/2/", parent=one)
        three = MenuEntry.objects.create(menu=menu, address="/3/", parent=two)
        other = MenuEntry.objects.create(menu=Menu.objects.create(name="Other"), address="/")
        for entry, parent, message in (
            (one, three, "An entry cannot be below itself."),
            (one, one, "An entry cannot be below itself."),
            (MenuEntry(menu=menu, address="/4/"), three, "A menu has at most 3 levels."),
            (one, other, "Choose an entry of this menu."),
        ):
            entry.parent = parent
            with pytest.raises(ValidationError, match=message):
                entry.save()
        with pytest.raises((CrossSiteReference, ValidationError)):
            MenuEntry.objects.create(menu=menu, address="/5/", parent=theirs)
        with pytest.raises(CrossSiteReference):
            MenuEntry.objects.create(menu=menu, page=page(south, slug="x"))
        rows = [MenuEntry(menu=menu, address="/") for _ in range(MOST_ENTRIES - 3)]
        MenuEntry.objects.bulk_create(rows)
        with pytest.raises(ValidationError, match="at most 200 entries"):
            MenuEntry.objects.create(menu=menu, address="/")


def test_the_pages_are_copied_as_a_tree(north: Site, south: Site) -> None:
    about = page(north, slug="about", title="About")
    page(north, slug="team", title="Team", parent=about, position=2)
    page(north, slug="house", title="House", parent=about, position=1)
    page(north, slug="hidden", title="Hidden", in_menus=False)
    page(north, slug="soon", title="Soon", status="draft")
    page(south, slug="x", title="Theirs")
    with use_site(north):
        menu = set_menu("header", [])
        assert copy_pages(menu) == 4
    assert shown(north, "header") == [("About", "/about/"), [("House", "/about/house/"), ("Team", "/about/team/")]]
