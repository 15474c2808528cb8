"""No page of the platform breaks its own Content-Security-Policy, whatever people do on it.

The watch over each browser fails a test for any violation: Chromium writes them to the console. Here is what the other
tests of this folder do not do.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Server, Watch
from tests.e2e.steps import sign_in, switch

pytestmark = pytest.mark.service("chromium")

LISTS = [
    "pages/page", "tenancy/membership", "twitter/feed", "twitter/credential", "sites/site", "accounts/user",
    "auth/group",
]  # fmt: skip
OTHERS = [
    "", "choose-site/?q=h", "status/", "password_change/", "pages/", "pages/page/?q=a&status__exact=draft", "login/",
]  # fmt: skip
#: What word processors in a browser put on the clipboard.
PASTED = (
    '<meta charset="utf-8"><b style="font-weight:normal" id="docs-internal-guid-1"><p style="line-height:1.38">'
    '<span style="font-weight:700;color:#f00">Bold</span> <span style="font-style:italic">slanted</span> '
    '<span style="font-weight:400">plain</span></p></b>'
    '<table style="width:100%"><tr><td style="width:50%">cell</td><td>other</td></tr></table>'
)


def visit(tab: Page, address: str) -> None:
    answer = tab.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy


def links(tab: Page, pattern: str) -> list[str]:
    addresses: list[str] = tab.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    return sorted({address for address in addresses if re.search(pattern, address)})


@pytest.fixture
def root(tab: Page, server: Server) -> Page:
    """A tab in which root is signed in on north."""
    sign_in(tab, server, "root", site="north")
    expect(tab.locator("#header")).to_contain_text("north.localhost")
    return tab


def editor_of(tab: Page) -> Locator:
    return tab.locator(".prose-editor [contenteditable=true]")


def test_the_watch_notices_a_violation(chromium: Browser, server: Server) -> None:
    watch = Watch()
    context = chromium.new_context()
    watch.over(context)
    tab = context.new_page()
    tab.goto(server.url("north"))
    assert watch.faults == []
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">red</p>')")
    tab.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: '1' }))")
    context.close()
    assert len(watch.faults) == 2
    assert all("Content Security Policy" in fault for fault in watch.faults)


@pytest.mark.parametrize("site", ["north", "harbour"])
def test_public_pages(tab: Page, server: Server, site: str) -> None:
    visit(tab, server.url(site))
    for address in links(tab, rf"^http://{site}\.localhost[^#]*$"):
        visit(tab, address)


def test_every_page_of_the_admin(root: Page, server: Server) -> None:
    for name in OTHERS:
        visit(root, server.url("north", f"/admin/{name}"))
    for name in LISTS:
        visit(root, server.url("north", f"/admin/{name}/"))
        rows = links(root, rf"/admin/{name}/[^/]+/change/$")
        visit(root, server.url("north", f"/admin/{name}/add/"))
        for address in rows[:1]:
            visit(root, address)
            for other in links(root, rf"/admin/{name}/.*(history|delete|password|requests)/"):
                visit(root, other)


def test_preview_of_another_site(root: Page, server: Server) -> None:
    switch(root, "Harbour Rowing Club")
    expect(root.locator("#header")).to_contain_text("harbour.localhost")
    visit(root, server.url("north"))
    bar = root.locator(".preview-bar")
    assert bar.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(31, 95, 139)"
    bar.get_by_role("button").click()
    expect(bar).to_have_count(0)


def test_colours_are_shown(root: Page, server: Server) -> None:
    """Each in a dot, and the site's own in the theme."""
    root.goto(server.url("north", "/admin/choose-site/"))
    fills = root.locator(".choose-site .site-dot circle").evaluate_all(
        "dots => dots.map(d => getComputedStyle(d).fill)"
    )
    assert {"rgb(43, 106, 77)", "rgb(31, 95, 139)"} <= set(fills)
    root.goto(server.url("north"))
    accent = root.locator("html").evaluate("e => getComputedStyle(e).getPropertyValue('--accent')")
    assert accent.strip() == "#2b6a4d"


def test_the_editor(root: Page, server: Server) -> None:
    """The dialog for links, a paste, and a text that comes back because of another field."""
    root.goto(server.url("north", "/admin/pages/page/add/"))
    editor = editor_of(root)
    editor.click()
    editor.evaluate(
        """(element, html) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        PASTED,
    )
    expect(editor.locator("strong")).to_have_text("Bold")
    expect(editor.locator("em")).to_have_text("slanted")
    expect(editor.locator("td").first).to_have_text("cell")
    root.keyboard.press("Control+a")
    root.locator(".prose-menubar [title]", has=root.locator("text=/link/i")).first.click()
    dialog = root.get_by_role("dialog", name="Link")
    dialog.get_by_label("Or enter an address").fill("https://example.org/")
    dialog.get_by_role("button", name="Insert").click()
    expect(editor.locator("a").first).to_have_attribute("href", "https://example.org/")
    root.get_by_role("button", name="Save", exact=True).click()  # without a title
    expect(root.locator(".errornote")).to_be_visible()
    expect(editor_of(root).locator("strong")).to_have_text("Bold")
    expect(editor_of(root).locator("td").first).to_have_text("cell")


def test_pickers_and_popups(root: Page, server: Server) -> None:
    root.goto(server.url("north", "/admin/pages/page/add/"))
    root.get_by_text("Publishing", exact=True).first.scroll_into_view_if_needed()
    root.locator(".field-publish_at .date-icon").click()
    root.locator(".calendarbox:visible").get_by_text("15", exact=True).click()
    expect(root.locator("#id_publish_at_0")).to_have_value(re.compile("15"))
    root.locator(".field-publish_at .clock-icon").click()
    root.locator(".clockbox:visible").get_by_text("Noon").click()
    expect(root.locator("#id_publish_at_1")).to_have_value("12:00:00")

    root.goto(server.url("north", "/admin/tenancy/membership/add/"))
    with root.expect_popup() as opened:
        root.locator("#add_id_role").click()
    popup = opened.value
    popup.locator("#id_name").fill("Guest")
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Save", exact=True).click()
    expect(root.locator("#id_role")).to_contain_text("Guest")

    root.goto(server.url("north", "/admin/sites/site/add/"))
    root.get_by_text("Add another Alias").click()
    expect(root.locator("#id_aliases-1-host")).to_be_visible()


def test_lists_with_actions(root: Page, server: Server) -> None:
    root.goto(server.url("north", "/admin/pages/page/"))
    assert root.locator(".indent").first.evaluate("e => e.getBoundingClientRect().width") > 10
    root.locator("#action-toggle").click()
    root.locator("[name=action]").first.select_option("delete_selected")
    root.get_by_role("button", name="Run").or_(root.get_by_role("button", name="Go")).first.click()
    expect(root.get_by_text("Delete the selected pages")).to_be_visible()
    root.get_by_text("No, take me back").click()
    root.wait_for_url(re.compile("/admin/pages/page/"))
