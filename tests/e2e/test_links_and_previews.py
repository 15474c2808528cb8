"""Links in the editor, and previews of what is not saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import open_page_form, sign_in
from tests.support.uploads import picture

pytestmark = pytest.mark.service("chromium")
TEXT = ".prose-editor [contenteditable=true]"


def select_text(tab: Page) -> None:
    tab.locator(TEXT).focus()  # a click puts the cursor somewhere, on a busy machine after the text was selected
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

    tab.locator(TEXT).press("Delete")  # nothing is selected: the link brings its own text
    tab.get_by_role("button", name="insert link").click()
    dialog.get_by_role("button", name="About").first.click()
    dialog.get_by_role("button", name="Insert").click()
    tab.keyboard.type(" us all")
    expect(tab.locator(f"{TEXT} a[data-link^='pages.page:']")).to_have_text("About us")
    expect(tab.locator(TEXT)).to_have_text("About us us all")


def test_a_picture_is_chosen_for_a_field(tab: Page, server: Server, tmp_path: Path) -> None:
    (tmp_path / "weir.jpg").write_bytes(picture(410, 200))
    sign_in(tab, server, "nora", site="north")
    open_page_form(tab, server, "People", site="north")
    field = tab.locator(".field-image")
    expect(field.get_by_role("button", name="Remove: Picture")).to_be_hidden()
    field.get_by_role("button", name="Choose: Picture").press("Enter")
    dialog = tab.get_by_role("dialog", name="Picture")
    dialog.get_by_label("Or upload a picture").set_input_files(tmp_path / "weir.jpg")
    expect(dialog.locator("button[aria-pressed=true]")).to_have_count(1)
    dialog.get_by_label("Alternative text").fill("A weir")
    assert violations(tab) == []
    dialog.get_by_role("button", name="Choose").click()
    expect(field.get_by_role("status")).to_have_text("weir")
    assert violations(tab) == []
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()
    open_page_form(tab, server, "People", site="north")
    expect(field.locator("img")).to_be_visible()
    field.get_by_role("button", name="Choose: Picture").click()
    dialog.get_by_role("button", name="weir").click()
    expect(dialog.get_by_label("Alternative text")).to_be_hidden()  # the library has it
    dialog.get_by_role("button", name="Cancel").click()
    field.get_by_role("button", name="Remove: Picture").click()
    expect(field.locator("img")).to_have_count(0)
    expect(field.get_by_role("button", name="Choose: Picture")).to_be_focused()
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()


def test_a_draft_is_shown_by_its_link(tab: Page, server: Server, person: Callable[..., BrowserContext]) -> None:
    sign_in(tab, server, "nora", site="north")
    tab.goto(server.url("north", "/admin/pages/page/add/"))
    tab.get_by_label("Title:").fill("A plan")
    tab.get_by_label("Slug:").fill("a-plan")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save and continue").click()
    tab.get_by_role("link", name="Copy preview link").click()
    link = tab.get_by_role("textbox", name="Copy preview link").input_value()
    assert violations(tab) == []
    stranger = person().new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="A plan")).to_be_visible()
    expect(stranger.get_by_role("status")).to_contain_text("The link works until")
    assert violations(stranger) == []
    stranger.goto(server.url("north", "/about/"))
    expect(stranger.get_by_text("Edit this page")).to_have_count(0)
    tab.goto(server.url("north", "/about/"))
    assert violations(tab) == []
    with tab.expect_navigation():
        tab.get_by_role("link", name="Edit this page").click()
    expect(tab.get_by_label("Title:")).to_have_value("About us")


def test_what_is_written_is_shown_beside_the_form(server: Server, person: Callable[..., BrowserContext]) -> None:
    tab = person(width=1440).new_page()
    sign_in(tab, server, "nora", site="north")
    open_page_form(tab, server, "People", site="north")
    tab.get_by_role("button", name="Preview", exact=True).click()
    shown = tab.get_by_role("region", name="Preview").frame_locator("iframe").last
    expect(shown.get_by_role("heading", name="People")).to_be_visible()
    tab.get_by_label("Title:").fill("Persons")
    expect(shown.get_by_role("heading", name="Persons")).to_be_visible()
    assert violations(tab) == []
    tab.locator(TEXT).click()
    tab.keyboard.type("Written just now. ")
    expect(shown.locator(".prose")).to_contain_text("Written just now.")
    tab.get_by_label("Title:").fill("")
    expect(shown.locator("body")).to_contain_text("Title: This field is required.")
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.reload()
    expect(tab.get_by_label("Title:")).to_have_value("People")
