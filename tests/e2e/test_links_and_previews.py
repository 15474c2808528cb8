"""Links in the editor, and previews of what is not saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import open_page_form, sign_in

pytestmark = pytest.mark.service("chromium")
TEXT = ".prose-editor [contenteditable=true]"


def select_text(tab: Page) -> None:
    tab.locator(TEXT).click()
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.press("ControlOrMeta+k")


def test_a_link_is_chosen_from_the_pages_of_the_site(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    open_page_form(tab, server, "People", site="north")
    select_text(tab)
    dialog = tab.get_by_role("dialog", name="Link")
    address = dialog.get_by_label("Or enter an address")
    for written, message in (("javascript:alert(1)", "not allowed"), ("two words", "Enter an address"), ("", "Choose")):
        address.fill(written)
        dialog.get_by_role("button", name="Insert").click()
        expect(dialog.get_by_role("alert")).to_contain_text(message)
    assert violations(tab) == []
    dialog.get_by_label("Find a page").fill("about")
    expect(dialog.locator(".link-choices li")).to_have_count(1)
    dialog.get_by_role("button", name="About").press("Enter")
    expect(address).to_have_value("/about/")
    expect(dialog).to_contain_text("follows this page")
    assert violations(tab) == []
    dialog.get_by_role("button", name="Insert").click()
    expect(tab.locator(f"{TEXT} a[data-link^='pages.page:'][href='/about/']").first).to_be_visible()
    select_text(tab)
    address.fill("www.example.com/a")
    dialog.get_by_role("button", name="Save").click()
    expect(tab.locator(f"{TEXT} a[href='https://www.example.com/a']").first).to_be_visible()
    expect(tab.locator(f"{TEXT} a[data-link]")).to_have_count(0)
