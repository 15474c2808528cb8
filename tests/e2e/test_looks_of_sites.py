"""An administrator gives a site its looks: each change is on its own domain only, in every process of the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.steps import sign_in, wait_for_every_process
from tests.support.commands import managed
from tests.support.http import request
from tests.support.uploads import picture

pytestmark = pytest.mark.service("chromium")
SITES = ("valley", "coast")
#: A home page, a second page, a post, and both pages in the footer.
CONTENT = """
from django.utils import timezone
from app.menus.write import set_menu
from app.pages.models import Page
from app.posts.models import Post
for title, slug in (("Welcome", ""), ("Contact", "contact")):
    Page.objects.create(title=title, slug=slug, status="published", body="<p>Open on Sundays.</p>")
Post.objects.create(title="First post", status="published", publish_at=timezone.now(), body="<p>It begins.</p>")
set_menu("footer", [{"page": "/"}, {"page": "/contact/"}])
"""
#: New connections, enough to reach every worker.
MANY = 24


def home(server: Server, site: str) -> set[str]:
    """The home page as the processes of the server send it."""
    return {request(server.port, host=f"{site}.localhost:{server.port}").body for _ in range(MANY)}


def every_process_shows(server: Server, site: str, *texts: str) -> None:
    wait_for_every_process()
    pages = home(server, site)
    assert [text for text in texts for page in pages if text not in page] == []


def save(tab: Page) -> None:
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator(".messagelist")).to_contain_text("saved")


def test_the_looks_of_one_site(person: Callable[..., BrowserContext], server: Server, tmp_path: Path) -> None:
    for site in SITES:
        managed("sites", "add", f"{site}.localhost", "--name", site.title(), "--app", "posts", **server.settings)
        managed("shell", "-v0", f"--site={site}.localhost", "-c", CONTENT, **server.settings)
        every_process_shows(server, site, f"<title>{site.title()}</title>", "Contact</a>")
    root, visitor = person().new_page(), person().new_page()
    sign_in(root, server, "root", site="valley")
    of_the_other = home(server, "coast")
    chooses_a_theme_and_its_options(root, visitor, server)
    chooses_a_logo(root, visitor, server, tmp_path)
    chooses_the_language(root, visitor, server)
    reorders_the_footer(root, visitor, server)
    assert home(server, "coast") == of_the_other


def open_settings(root: Page, server: Server) -> None:
    root.goto(server.url("valley", "/admin/settings/"))


def chooses_a_theme_and_its_options(root: Page, visitor: Page, server: Server) -> None:
    open_settings(root, server)
    root.locator("#id_theme").select_option("atrium")
    save(root)
    root.locator("#id_option_corners").select_option("square")
    root.locator("#id_option_header").select_option("filled")
    assert violations(root) == []
    save(root)
    every_process_shows(server, "valley", "/atrium/atrium", 'data-corners="square"', 'data-header="filled"')
    visitor.goto(server.url("valley"))
    expect(visitor.locator("html[data-corners=square][data-header=filled]")).to_have_count(1)
    assert violations(visitor) == []


def chooses_a_logo(root: Page, visitor: Page, server: Server, folder: Path) -> None:
    (folder / "badge.png").write_bytes(picture(400, 400, kind="PNG"))
    root.goto(server.url("valley", "/admin/media/mediafile/add/"))
    root.get_by_label("Choose files").set_input_files(folder / "badge.png")
    with root.expect_navigation():
        root.get_by_role("button", name="Upload").click()
    root.get_by_label("Alternative text").fill("A badge")
    with root.expect_navigation():
        root.get_by_role("button", name="Save", exact=True).click()

    open_settings(root, server)
    root.get_by_role("button", name="Choose: Logo").click()
    dialog = root.get_by_role("dialog", name="Logo")
    dialog.get_by_role("button", name="A badge").click()
    dialog.get_by_role("button", name="Choose").click()
    root.get_by_label("Logo in words").fill("The badge of the magazine")
    save(root)
    every_process_shows(server, "valley", 'alt="The badge of the magazine"')
    visitor.goto(server.url("valley"))
    logo = visitor.get_by_role("img", name="The badge of the magazine")
    expect(logo).to_be_visible()
    visitor.wait_for_function("document.querySelector('header img').naturalWidth > 0")
    address = logo.get_attribute("src")
    assert address is not None
    assert request(server.port, address, host=f"valley.localhost:{server.port}").status == 200
    assert request(server.port, address, host=f"coast.localhost:{server.port}").status == 404


def chooses_the_language(root: Page, visitor: Page, server: Server) -> None:
    open_settings(root, server)
    root.locator("#id_language").select_option("fr")
    root.locator("#id_time_zone").select_option("Europe/Paris")
    save(root)
    every_process_shows(server, "valley", '<html lang="fr"')
    visitor.goto(server.url("valley", "/blog/"))
    expect(visitor.locator("html[lang=fr]")).to_have_count(1)
    expect(visitor.get_by_role("link", name="Aller au contenu")).to_have_count(1)
    assert violations(visitor) == []


def reorders_the_footer(root: Page, visitor: Page, server: Server) -> None:
    visitor.goto(server.url("valley"))
    links = visitor.locator("nav.footer-menu a")
    before = links.all_text_contents()
    root.goto(server.url("valley", "/admin/menus/menu/"))
    with root.expect_navigation():
        root.locator(".menu-places dd").nth(1).get_by_role("link").click()
    assert violations(root) == []
    row = root.locator("#result_list tbody tr").first
    row.locator("summary").press("Enter")
    with root.expect_response("**/move/"):
        row.get_by_role("button", name="Move down").press("Enter")
    expect(root.locator("#result_list tbody tr").first).to_contain_text(before[1])
    every_process_shows(server, "valley", f"{before[1]}</a>")
    assert len(home(server, "valley")) == 1
    visitor.reload()
    assert links.all_text_contents() == [before[1], before[0], *before[2:]]
