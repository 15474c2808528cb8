from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.steps import open_page_form, sign_in, switch

pytestmark = pytest.mark.service("chromium")


def test_form_of_one_site_sent_under_another_is_not_saved(
    person: Callable[..., BrowserContext], server: Server
) -> None:
    nora = person()
    form, other = nora.new_page(), nora.new_page()
    sign_in(form, server, "nora", site="north")
    open_page_form(form, server, "About us", site="north")
    form.get_by_label("Title").fill("Written for north")

    other.goto(server.url("north", "/admin/"))
    switch(other, "Harbour Rowing Club")
    with form.expect_navigation() as sent:
        form.get_by_role("button", name="Save", exact=True).click()

    assert sent.value is not None
    assert sent.value.status == 409
    expect(form.locator("h1")).to_have_text("Not saved: you are on another site now")
    explanation = form.locator(".wrong-site")
    expect(explanation).to_contain_text("You opened this form on North Valley School")
    expect(explanation).to_contain_text("switched to Harbour Rowing Club")
    expect(explanation).to_contain_text("Nothing was saved on either site")
    other.goto(server.url("north", "/admin/pages/page/"))
    expect(other.locator("#result_list")).to_contain_text("Die Boote")
    expect(other.locator("#result_list")).not_to_contain_text("Written for north")

    form.get_by_role("button", name="Switch to North Valley School").click()
    expect(form.locator("#header")).to_contain_text("north.localhost")
    expect(form.get_by_label("Title")).to_have_value("About us")
    other.goto(server.url("north", "/about/"))
    expect(other.locator("h1")).to_have_text("About us")


def test_preview_names_the_site_and_its_way_out_works(person: Callable[..., BrowserContext], server: Server) -> None:
    tab, visitor = person().new_page(), person().new_page()
    sign_in(tab, server, "nora", site="north")
    switch(tab, "Harbour Rowing Club")

    tab.goto(server.url("north", "/boats/"))
    bar = tab.locator(".preview-bar")
    expect(bar).to_contain_text("You are looking at Harbour Rowing Club under the address of North Valley School")
    expect(tab.locator("h1")).to_have_text("Die Boote")
    answer = visitor.goto(server.url("north", "/boats/"))
    assert answer is not None
    assert answer.status == 404

    tab.goto(server.url("north"))
    expect(tab.locator("h1")).to_have_text("Wir rudern um sechs")
    bar.get_by_role("button", name="Back to North Valley School").click()
    expect(tab.locator("h1")).to_have_text("A small school under big trees")
    assert tab.url == server.url("north")
    expect(bar).to_have_count(0)
    tab.goto(server.url("north", "/admin/"))
    expect(tab.locator("#header")).to_contain_text("north.localhost")


def test_switcher_works_with_the_keyboard(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    summary, menu = tab.locator(".switcher summary"), tab.locator(".switcher-menu")
    harbour = menu.get_by_role("button", name="Harbour Rowing Club")
    tab.reload()
    for _ in range(3):  # the link past the header, the site's name, the switcher
        tab.keyboard.press("Tab")
    expect(summary).to_be_focused()
    assert summary.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    expect(menu).to_be_hidden()

    tab.keyboard.press("Enter")
    expect(menu).to_be_visible()
    tab.keyboard.press("Tab")
    expect(harbour).to_be_focused()
    tab.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(summary).to_be_focused()

    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    expect(harbour).to_be_focused()
    tab.keyboard.press("Tab")  # north is where she is, so that leaves the menu
    expect(menu).to_be_hidden()

    tab.keyboard.press("Shift+Tab")
    expect(summary).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator("#header")).to_contain_text("harbour.localhost")


def test_switcher_closes_by_a_click_elsewhere(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    tab.get_by_text("Switch site", exact=True).click()
    expect(tab.locator(".switcher-menu")).to_be_visible()
    tab.mouse.click(700, 700)
    expect(tab.locator(".switcher-menu")).to_be_hidden()


def test_choosing_among_all_sites_by_search(tab: Page, server: Server) -> None:
    sign_in(tab, server, "root", site="north")
    tab.goto(server.url("north", "/admin/choose-site/"))
    tab.get_by_label("Name or domain").fill("HARBOUR")
    tab.get_by_role("button", name="Search").click()
    expect(tab.locator(".choose-site tbody tr")).to_have_count(1)
    tab.get_by_role("button", name="Switch to Harbour Rowing Club").click()
    expect(tab.locator("#header")).to_contain_text("harbour.localhost")
