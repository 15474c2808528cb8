from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.steps import colour_of_header, open_page_form, sign_in, switch

pytestmark = pytest.mark.service("chromium")

GREEN, BLUE = "rgb(43, 106, 77)", "rgb(31, 95, 139)"  # the demo's #2b6a4d and #1f5f8b


def test_it_works(tab: Page, server: Server) -> None:
    """Nora signs in on north, switches to harbour, edits its home page and sees it on harbour's own domain."""
    sign_in(tab, server, "nora", site="north")
    header = tab.locator("#header")
    expect(header).to_contain_text("North Valley School")
    expect(header).to_contain_text("north.localhost")
    assert colour_of_header(tab) == GREEN

    switch(tab, "Harbour Rowing Club")
    expect(header).to_contain_text("harbour.localhost")
    assert colour_of_header(tab) == BLUE
    assert tab.title().endswith("Harbour Rowing Club")

    open_page_form(tab, server, "Wir rudern um sechs", site="north")
    editor = tab.locator(".prose-editor [contenteditable=true]")
    editor.click()
    editor.press("Control+End")
    editor.press("Enter")
    tab.keyboard.type("Soup is at ")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("noon")
    tab.keyboard.press("Control+b")
    tab.keyboard.type(", bring a spoon.")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator(".messagelist")).to_contain_text("was changed successfully")

    tab.get_by_role("link", name="View site").click()
    assert tab.url == server.url("harbour")
    expect(tab.get_by_text("Soup is at noon, bring a spoon.")).to_be_visible()
    expect(tab.locator(".prose strong", has_text="noon")).to_be_visible()
    expect(tab.locator(".preview-bar")).to_have_count(0)


def test_a_form_with_changes_is_not_left_without_a_question(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    questions: list[str] = []
    answers = {"stay": lambda question: question.dismiss(), "leave": lambda question: question.accept()}
    answer = "leave"

    def asked(question: Dialog) -> None:
        questions.append(question.type)
        answers[answer](question)

    tab.on("dialog", asked)
    open_page_form(tab, server, "Admissions", site="north")
    tab.locator("#id_title").click()  # browsers ask nobody who has not touched the page
    tab.goto(server.url("north", "/admin/"))
    assert questions == []

    open_page_form(tab, server, "Admissions", site="north")
    form = tab.url
    editor = tab.locator(".prose-editor [contenteditable=true]")
    editor.click()
    tab.keyboard.type("Not saved yet. ")
    answer = "stay"
    tab.get_by_role("link", name="View site").click()
    tab.wait_for_timeout(200)  # a page that did come would have come by then
    assert (tab.url, questions) == (form, ["beforeunload"])
    answer = "leave"
    tab.goto(server.url("north", "/admin/"))
    assert questions == ["beforeunload"] * 2


def test_the_list_of_pages_leads_to_the_page_on_the_chosen_sites_domain(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    switch(tab, "Harbour Rowing Club")
    open_page_form(tab, server, "Die Boote", site="north")
    tab.get_by_role("link", name="View on site").click()
    assert tab.url == server.url("harbour", "/boats/")


def test_sam_is_refused_on_north_and_told_why(tab: Page, server: Server) -> None:
    sign_in(tab, server, "sam", site="north")
    expect(tab.locator(".errornote:visible")).to_contain_text("with a role on North Valley School")
    tab.goto(server.url("north", "/admin/pages/page/"))
    assert "/admin/login/" in tab.url

    sign_in(tab, server, "sam", site="south")
    expect(tab.locator("#header")).to_contain_text("South Quarter Gazette")
    expect(tab.locator(".switcher")).to_have_count(0)  # one site: nothing to switch


def test_what_a_role_does_not_include_is_told_with_a_way_back(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    answer = tab.goto(server.url("north", "/admin/sites/site/"))
    assert answer is not None
    assert answer.status == 403
    expect(tab.locator("h1")).to_have_text("Not permitted")
    tab.get_by_role("link", name="Back to the overview").click()
    assert tab.url == server.url("north", "/admin/")


def test_a_renamed_site_leads_its_editor_to_the_new_domain(tab: Page, server: Server) -> None:
    """On every worker. She signs in on the new domain."""
    sign_in(tab, server, "root", site="before")
    tab.goto(server.url("before", "/admin/sites/site/"))
    tab.locator("#result_list").get_by_role("link", name="Moving").click()
    tab.get_by_label("Domain name").fill("after.localhost")
    with tab.expect_navigation() as saved:
        tab.get_by_role("button", name="Save", exact=True).click()
    assert saved.value is not None
    assert saved.value.status == 200
    assert tab.url.startswith(server.url("after", "/admin/login/"))
    for number in range(6):  # whichever worker responds
        answer = tab.goto(server.url("before", f"/admin/?{number}"))
        assert answer is not None
        assert answer.status == 200
        assert tab.url.startswith(server.url("after", "/admin/login/"))
