from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import sign_in

pytestmark = pytest.mark.service("chromium")


def add_page(tab: Page, server: Server, title: str, slug: str) -> None:
    tab.goto(server.url("lemon", "/admin/pages/page/add/"))
    tab.get_by_label("Title").press_sequentially(title)
    expect(tab.get_by_label("Slug")).to_have_value(slug)
    tab.get_by_label("Status").select_option("published")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()


def test_pages_are_dragged_and_moved_by_keyboard(tab: Page, server: Server) -> None:
    sign_in(tab, server, "root", site="lemon")
    for title, slug in (("Home", ""), ("Über uns – हिन्दी", "über-uns-हिन्दी"), ("Contact", "contact")):
        add_page(tab, server, title, slug)
    tab.goto(server.url("lemon", "/admin/pages/page/"))
    paths = tab.locator(".field-path")
    expect(paths).to_have_text(["/", "/über-uns-हिन्दी/", "/contact/"])

    handle = tab.locator('summary[aria-label="Move “Contact”"]')
    row = tab.locator("#result_list tbody tr").nth(1)
    box = row.bounding_box()
    assert box is not None
    handle.hover()
    tab.mouse.down()
    tab.mouse.move(box["x"] + 200, box["y"] + box["height"] / 2, steps=5)
    expect(row).to_have_attribute("data-drop", "inside")
    with tab.expect_navigation():
        tab.mouse.up()
    expect(paths).to_have_text(["/", "/über-uns-हिन्दी/", "/über-uns-हिन्दी/contact/"])
    spoken = tab.locator("#page-moved")
    expect(spoken).to_have_text("“Contact” is now below “Über uns – हिन्दी”.")
    expect(handle).to_be_focused()

    tab.keyboard.press("Enter")
    assert violations(tab) == []
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Move out, after the page above")).to_be_focused()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(paths).to_have_text(["/", "/über-uns-हिन्दी/", "/contact/"])
    expect(spoken).to_have_text("“Contact” is now after “Über uns – हिन्दी”.")
    expect(handle).to_be_focused()


def test_the_editor_of_the_body_has_a_name_and_ten_lines(tab: Page, server: Server) -> None:
    sign_in(tab, server, "root", site="lemon")
    tab.goto(server.url("lemon", "/admin/pages/page/add/"))
    editor = tab.get_by_role("textbox", name=re.compile("Body"))
    expect(editor).to_be_editable()
    height = editor.evaluate("e => e.clientHeight / parseFloat(getComputedStyle(e).lineHeight)")
    assert height >= 10
    tab.get_by_text("Body:", exact=True).click()
    expect(editor).to_be_focused()
