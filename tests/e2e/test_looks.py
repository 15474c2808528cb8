from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import HARD_COLOURS, Server
from tests.e2e.contrast import assert_accessible, assert_well_shown, too_faint
from tests.e2e.steps import sign_in, switch

pytestmark = pytest.mark.service("chromium")

SCHEMES = ("light", "dark")
#: Each type of page of each theme: north has Atrium, south Journal, harbour Portico.
PUBLIC = [
    ("north", "/", 200),
    ("north", "/about/", 200),
    ("north", "/about/people/", 200),
    ("north", "/blog/", 200),
    ("north", "/blog/forty-apple-trees/", 200),
    ("north", "/nothing-here/", 404),
    ("south", "/", 200),
    ("south", "/market/", 200),
    ("south", "/blog/", 200),
    ("south", "/blog/category/traffic/", 200),
    ("south", "/blog/the-tram-stop-moves-forty-metres/", 200),
    ("south", "/nothing-here/", 404),
    ("harbour", "/", 200),
    ("harbour", "/kurse/", 200),
    ("harbour", "/kurse/sicherheit/", 200),
    ("harbour", "/blog/", 200),
    ("harbour", "/blog/rudern-im-nebel/", 200),
    ("harbour", "/nothing-here/", 404),
    ("nobody", "/", 404),
    ("closed", "/", 503),
]
ADMIN = [
    "/admin/",
    "/admin/pages/page/",
    "/admin/pages/page/add/",
    "/admin/pages/page/kinds/",
    "/admin/pages/linkpage/add/",
    "/admin/pages/page/1/delete/",
    "/admin/pages/page/1/history/",
    "/admin/pages/page/1/versions/1/",
    "/admin/tenancy/membership/",
    "/admin/choose-site/",
    "/admin/sites/site/",
    "/admin/sites/site/1/change/",
    "/admin/password_change/",
    "/admin/auth/group/",
    "/admin/auth/group/1/change/",
    "/admin/auth/group/1/history/",
    "/admin/tenancy/auditentry/",
    "/admin/tenancy/auditentry/?sites=all",
    "/admin/accounts/user/",
    "/admin/accounts/user/1/change/",
    "/admin/accounts/user/add/",
    "/admin/accounts/user/1/password/",
    "/admin/tenancy/membership/add/",
    "/admin/sites/site/add/",
    "/admin/status/",
    "/admin/sign_in/invitation/",
    "/admin/sign_in/invitation/add/",
]


@pytest.fixture(params=SCHEMES)
def narrow(request: pytest.FixtureRequest, person: Callable[..., BrowserContext]) -> Page:
    """A tab as wide as a small telephone."""
    return person(width=360, scheme=request.param).new_page()


def test_public_pages_can_be_read_on_a_telephone_and_a_large_screen(narrow: Page, server: Server) -> None:
    for site, path, status in PUBLIC:
        answer = narrow.goto(server.url(site, path))
        assert answer is not None
        assert answer.status == status, path
        for width in (320, 1440):
            narrow.set_viewport_size({"width": width, "height": 800})
            assert_accessible(narrow)
        assert narrow.locator("h1").count() == 1, path


def test_admin_can_be_read_on_a_telephone(narrow: Page, server: Server) -> None:
    narrow.goto(server.url("north", "/admin/"))
    assert_well_shown(narrow)
    sign_in(narrow, server, "sam", site="north")
    assert_well_shown(narrow)
    sign_in(narrow, server, "root", site="north")
    for path in ADMIN:
        answer = narrow.goto(server.url("north", path))
        assert answer is not None
        assert answer.status == 200, path
        narrow.get_by_text("Switch site", exact=True).click()
        assert_well_shown(narrow)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_form_of_a_role_can_be_read(scheme: str, person: Callable[..., BrowserContext], server: Server) -> None:
    tab = person(scheme=scheme).new_page()
    sign_in(tab, server, "root", site="north")
    tab.goto(server.url("north", "/admin/auth/group/1/change/"))
    assert_accessible(tab)
    pages = tab.get_by_role("group", name="Pages", exact=True)
    expect(pages.get_by_role("checkbox")).to_have_count(5)
    before = pages.get_by_label("Publish").is_checked()
    pages.get_by_text("Publish").click()
    tab.get_by_role("button", name="Save and continue editing").click()
    assert pages.get_by_label("Publish").is_checked() is not before
    pages.get_by_text("Publish").click()
    tab.get_by_role("button", name="Save", exact=True).click()
    tab.goto(server.url("north", "/admin/tenancy/auditentry/?sites=platform"))
    expect(tab.locator("#result_list")).to_contain_text("Changed Rights.")
    assert_accessible(tab)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_choice_of_a_kind_of_page(
    scheme: str, width: int, person: Callable[..., BrowserContext], server: Server
) -> None:
    tab = person(width=width, scheme=scheme).new_page()
    sign_in(tab, server, "root", site="north")
    tab.goto(server.url("north", "/admin/pages/page/"))
    tab.get_by_role("link", name="Add a page below “About us”").click()
    expect(tab.get_by_text("Below “About us”, /about/")).to_be_visible()
    assert_accessible(tab)
    tab.get_by_role("link", name="Link An entry of the menus").click()
    expect(tab.get_by_label("Parent")).to_have_value("2")
    tab.goto(server.url("north", "/admin/pages/page/"))
    tab.get_by_role("link", name="Add page").click()
    expect(tab.locator(".kinds a")).to_have_count(2)
    assert_accessible(tab)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_site_colour_can_be_read(scheme: str, person: Callable[..., BrowserContext], server: Server) -> None:
    tab = person(scheme=scheme).new_page()
    sign_in(tab, server, "root", site="north")
    for key in HARD_COLOURS:
        switch(tab, key.title())
        expect(tab.locator("#header")).to_contain_text(f"{key}.localhost")
        assert_well_shown(tab)
        tab.goto(server.url("north", "/nothing-here/"))  # the preview bar, and links in the site's colour
        expect(tab.locator(".preview-bar")).to_contain_text(key.title())
        assert_well_shown(tab)
        tab.goto(server.url("north", "/admin/"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_theme_can_be_read_in_any_accent(scheme: str, person: Callable[..., BrowserContext], server: Server) -> None:
    tab = person(scheme=scheme).new_page()
    tab.goto(server.url("north"))
    assert tab.locator(".prose a").count() == 1
    for red, green, blue in product((0, 128, 255), repeat=3):
        accent = f"#{red:02x}{green:02x}{blue:02x}"
        tab.evaluate("accent => document.documentElement.style.setProperty('--accent', accent)", accent)
        assert too_faint(tab) == [], accent


@pytest.mark.parametrize("scheme", SCHEMES)
def test_navigation_shows_where_the_visitor_is(
    scheme: str, person: Callable[..., BrowserContext], server: Server
) -> None:
    tab = person(scheme=scheme).new_page()
    tab.goto(server.url("north"))
    main = tab.get_by_role("navigation", name="Main")
    main.locator("summary", has_text="About us").press("Enter")
    assert_accessible(tab)
    main.get_by_role("link", name="People").press("Enter")
    expect(tab.locator("h1")).to_have_text("People")
    expect(tab.locator("#menu a[aria-current=page]")).to_have_text("People")
    expect(tab.locator(".is-open > summary")).to_have_text("About us")
    assert_accessible(tab)


@pytest.mark.parametrize("site", ["north", "south"])
def test_the_menu_of_a_telephone_opens_and_closes_by_keyboard(
    site: str, person: Callable[..., BrowserContext], server: Server
) -> None:
    tab = person(width=360).new_page()
    tab.goto(server.url(site))
    button, menu = tab.get_by_role("button", name="Menu"), tab.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    button.press("Enter")
    expect(menu).to_be_visible()
    tab.keyboard.press("Tab")
    assert menu.evaluate("menu => menu.contains(document.activeElement)")
    assert_accessible(tab)
    tab.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()


def test_keyboard_skips_to_the_content(tab: Page, server: Server) -> None:
    tab.goto(server.url("north"))
    tab.keyboard.press("Tab")
    skip = tab.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#content")
