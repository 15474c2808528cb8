from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import sign_in

pytestmark = pytest.mark.service("chromium")


def add_entry(tab: Page, title: str) -> None:
    """By keyboard alone: from the field of the address on."""
    tab.get_by_label("Address").focus()
    tab.keyboard.type(f"/{title.lower()}/")
    tab.keyboard.press("Tab")
    tab.keyboard.type(title)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def test_entries_are_dragged_and_moved_by_keyboard(tab: Page, server: Server) -> None:
    sign_in(tab, server, "root", site="lemon")
    tab.goto(server.url("lemon", "/admin/menus/menu/"))
    assert violations(tab) == []
    with tab.expect_navigation():
        tab.get_by_role("link", name="Add a menu at “Footer”").press("Enter")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).press("Enter")
    for title in ("First", "Second", "Third"):
        add_entry(tab, title)
    titles = tab.locator("#result_list .field-title")
    expect(titles).to_have_text(["First", "Second", "Third"])

    handle = tab.locator('summary[aria-label="Move “Third”"]')
    row = tab.locator("#result_list tbody tr").nth(0)
    box = row.bounding_box()
    assert box is not None
    handle.hover()
    tab.mouse.down()
    tab.mouse.move(box["x"] + 200, box["y"] + 3, steps=5)
    expect(row).to_have_attribute("data-drop", "before")
    with tab.expect_navigation():
        tab.mouse.up()
    expect(titles).to_have_text(["Third", "First", "Second"])
    spoken = tab.locator("#page-moved")
    expect(spoken).to_have_text("“Third” is now before “First”.")

    tab.locator('summary[aria-label="Move “First”"]').press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Move in, below the entry before")).to_be_focused()
    for width in (390, 1440):
        tab.set_viewport_size({"width": width, "height": 900})
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(spoken).to_have_text("“First” is now below “Third”.")
    expect(tab.locator('summary[aria-label="Move “First”"]')).to_be_focused()
    expect(tab.locator("#result_list tr", has_text="First").locator(".indent")).to_have_count(1)
