"""The work of an editor on one day, on two domains: each change is on its own site, and only there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import open_page_form, sign_in, wait_for_every_process
from tests.support.commands import managed
from tests.support.programs import wait_until
from tests.support.uploads import picture

pytestmark = pytest.mark.service("chromium")
BODY = ".prose-editor [contenteditable=true]"
ONE_DAY_EARLIER = """
from datetime import timedelta
from django.db.models import F
from app.publishing.models import Version
Version.objects.filter(content__title="Mill museum").update(saved_at=F("saved_at") - timedelta(days=1))
"""


def save(tab: Page) -> None:
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()


def save_and_see(tab: Page) -> None:
    save(tab)
    expect(tab.locator(".messagelist")).to_contain_text("successfully")


def visit_once_read(visitor: Page, server: Server, path: str) -> None:
    """After a save: until each process has read of it, one may serve the earlier page from its page cache."""
    wait_for_every_process()
    visitor.goto(server.url("north", path))


def write(tab: Page, text: str) -> None:
    """Replaces the body."""
    tab.locator(BODY).click()
    tab.keyboard.press("Control+A")
    tab.keyboard.type(text)


def is_nowhere_else(visitor: Page, server: Server, path: str) -> None:
    response = visitor.goto(server.url("harbour", path))
    assert response is not None
    assert response.status == 404


def test_a_day_of_an_editor(person: Callable[..., BrowserContext], server: Server, tmp_path: Path) -> None:
    nora, visitor = person().new_page(), person().new_page()
    sign_in(nora, server, "nora", site="north")
    creates_a_page_with_a_picture(nora, visitor, server, tmp_path)
    renames_it(nora, visitor, server)
    restores_yesterdays_version(nora, visitor, server)
    meets_a_conflict(nora, person().new_page(), visitor, server)
    schedules_a_post(nora, visitor, server)


def creates_a_page_with_a_picture(nora: Page, visitor: Page, server: Server, folder: Path) -> None:
    (folder / "mill.jpg").write_bytes(picture(1210, 500))
    nora.goto(server.url("north", "/admin/media/mediafile/add/"))
    nora.get_by_label("Choose files").set_input_files(folder / "mill.jpg")
    with nora.expect_navigation():
        nora.get_by_role("button", name="Upload").click()
    nora.get_by_label("Alternative text").fill("The old mill")
    save_and_see(nora)

    nora.goto(server.url("north", "/admin/pages/page/add/"))
    nora.locator("#id_title").press_sequentially("Mill museum")
    expect(nora.get_by_label("Slug")).to_have_value("mill-museum")
    nora.locator(BODY).click()
    nora.keyboard.type("Open on Sundays.")
    nora.locator(".prose-menubar__button[title*=igure]").click()
    dialog = nora.get_by_role("dialog", name="Picture")
    dialog.get_by_role("button", name="The old mill").click()
    dialog.get_by_role("button", name="Insert").click()
    expect(nora.locator(".prose-editor figure img")).to_have_count(1)
    nora.get_by_label("Status").select_option("published")
    assert violations(nora) == []
    save_and_see(nora)

    visit_once_read(visitor, server, "/mill-museum/")
    expect(visitor.get_by_role("heading", name="Mill museum")).to_be_visible()
    image = visitor.locator(".prose figure img[alt='The old mill']")
    image.scroll_into_view_if_needed()
    visitor.wait_for_function("document.querySelector('.prose figure img').naturalWidth > 0")
    assert violations(visitor) == []
    address = image.get_attribute("src")
    assert address is not None
    is_nowhere_else(visitor, server, "/mill-museum/")
    is_nowhere_else(visitor, server, address)


def renames_it(nora: Page, visitor: Page, server: Server) -> None:
    managed("shell", "-v0", "--site=north.localhost", "-c", ONE_DAY_EARLIER, **server.settings)
    open_page_form(nora, server, "Mill museum", site="north")
    nora.locator("#id_title").fill("Museum of mills")
    nora.get_by_label("Slug").fill("museum")
    write(nora, "Closed for repairs.")
    save_and_see(nora)

    visit_once_read(visitor, server, "/mill-museum/?from=a-letter")
    assert visitor.url == server.url("north", "/museum/")
    expect(visitor.get_by_text("Closed for repairs.")).to_be_visible()
    is_nowhere_else(visitor, server, "/mill-museum/")


def restores_yesterdays_version(nora: Page, visitor: Page, server: Server) -> None:
    open_page_form(nora, server, "Museum of mills", site="north")
    with nora.expect_navigation():
        nora.get_by_role("link", name="Versions").click()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    rows = nora.locator("#content-main tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text(f"{yesterday:%b. }{yesterday.day}, {yesterday.year}")
    assert violations(nora) == []
    with nora.expect_navigation():
        rows.nth(1).get_by_role("link", name="Compare with now").click()
    expect(nora.locator("del", has_text="Open on Sundays.")).to_be_visible()
    expect(nora.locator("ins", has_text="Closed for repairs.")).to_be_visible()
    assert violations(nora) == []
    with nora.expect_navigation():
        nora.get_by_role("link", name="Restore this version").click()
    expect(nora.locator(BODY)).to_contain_text("Open on Sundays.")
    nora.get_by_label("Slug").fill("museum")
    assert violations(nora) == []
    save_and_see(nora)

    visit_once_read(visitor, server, "/museum/")
    expect(visitor.get_by_text("Open on Sundays.")).to_be_visible()
    expect(visitor.get_by_role("heading", name="Mill museum")).to_be_visible()
    is_nowhere_else(visitor, server, "/museum/")


def meets_a_conflict(nora: Page, ruth: Page, visitor: Page, server: Server) -> None:
    sign_in(ruth, server, "root", site="north")
    for editor in (nora, ruth):
        open_page_form(editor, server, "Mill museum", site="north")
    write(ruth, "Open on Saturdays.")
    save_and_see(ruth)
    write(nora, "Open on Mondays.")
    save(nora)
    expect(nora.get_by_text("root saved a newer version")).to_be_visible()
    expect(nora.get_by_text("Open on Saturdays.")).to_be_visible()  # what is stored, beside what she wrote
    expect(nora.locator(BODY)).to_have_text("Open on Mondays.")
    assert violations(nora) == []
    visit_once_read(visitor, server, "/museum/")
    expect(visitor.get_by_text("Open on Saturdays.")).to_be_visible()

    write(nora, "Open on Saturdays and Mondays.")
    save_and_see(nora)
    visit_once_read(visitor, server, "/museum/")
    expect(visitor.get_by_text("Open on Saturdays and Mondays.")).to_be_visible()


def schedules_a_post(nora: Page, visitor: Page, server: Server) -> None:
    time = datetime.now(UTC) + timedelta(seconds=8)
    nora.goto(server.url("north", "/admin/posts/post/add/"))
    nora.locator("#id_title").press_sequentially("The mill turns again")
    expect(nora.get_by_label("Slug")).to_have_value("the-mill-turns-again")
    nora.locator(BODY).click()
    nora.keyboard.type("After ten years.")
    nora.get_by_label("Status").select_option("published")
    nora.locator("#id_publish_at_0").fill(f"{time:%Y-%m-%d}")
    nora.locator("#id_publish_at_1").fill(f"{time:%H:%M:%S}")
    assert violations(nora) == []
    save_and_see(nora)
    post, listed = "/blog/the-mill-turns-again/", "/blog/"

    def status(site: str) -> int:
        response = visitor.goto(server.url(site, post))
        return response.status if response is not None else 0

    if datetime.now(UTC) < time - timedelta(seconds=1):
        assert status("north") == 404
        visitor.goto(server.url("north", listed))
        expect(visitor.get_by_role("link", name="The mill turns again")).to_have_count(0)
    wait_until(lambda: status("north") == 200, what="the post on its site")
    expect(visitor.get_by_role("heading", name="The mill turns again")).to_be_visible()
    assert violations(visitor) == []
    visitor.goto(server.url("north", listed))
    expect(visitor.get_by_role("link", name="The mill turns again").first).to_be_visible()
    assert violations(visitor) == []
    is_nowhere_else(visitor, server, post)
    visitor.goto(server.url("harbour", listed))
    expect(visitor.get_by_role("link", name="The mill turns again")).to_have_count(0)
