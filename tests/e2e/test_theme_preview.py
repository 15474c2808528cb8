"""A superuser tries options of a theme before visitors see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Server
from tests.e2e.contrast import assert_accessible, assert_well_shown
from tests.e2e.steps import sign_in

pytestmark = pytest.mark.service("chromium")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("fill", ["#ffcc00", "#24303c"])
def test_options_are_previewed(
    scheme: str, width: int, fill: str, person: Callable[..., BrowserContext], server: Server
) -> None:
    boss = person(width=width, scheme=scheme)
    form = boss.new_page()
    sign_in(form, server, "root", site="harbour")
    form.goto(server.url("harbour", "/admin/sites/site/3/change/"))
    form.get_by_label("Typeface").select_option("mixed")
    form.get_by_label("Filled header and footer").check()
    form.get_by_label("Colour of header and footer").fill(fill)
    with boss.expect_page() as opened:
        form.get_by_role("button", name="Preview the theme").click()
    preview = opened.value
    expect(preview.locator(".preview-bar")).to_contain_text("with the theme Portico and the options of the form")
    expect(preview.locator("html[data-filled]")).to_have_count(1)
    assert_accessible(preview)
    preview.keyboard.press("Tab")
    expect(preview.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    with preview.expect_navigation():
        preview.get_by_role("link", name="Back to the form").click()
    expect(preview.get_by_text("This is your preview, which is not saved.")).to_be_visible()
    expect(preview.get_by_label("Filled header and footer")).to_be_checked()
    assert_well_shown(preview)
    visitor = person(scheme=scheme).new_page()
    visitor.goto(server.url("harbour"))
    expect(visitor.locator("html[data-filled]")).to_have_count(0)
    with preview.expect_navigation():
        preview.get_by_role("button", name="End the preview").click()
    expect(preview.get_by_label("Filled header and footer")).not_to_be_checked()
