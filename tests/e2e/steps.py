"""What people do in the admin, in the words that they see."""

from __future__ import annotations

import time

from playwright.sync_api import Page

from tests.e2e.conftest import Server

REFRESH = 1.0  # SITES_REFRESH_SECONDS, in the server of these tests its default


def wait_for_every_process() -> None:
    """Each process has read a change that was committed before: it takes the interval and a second at most."""
    time.sleep(REFRESH + 1)


def sign_in(tab: Page, server: Server, username: str, *, site: str) -> None:
    """The demo's passwords are the user names."""
    tab.goto(server.url(site, "/admin/"))
    tab.get_by_label("Username").fill(username)
    tab.get_by_label("Password").fill(username)
    with tab.expect_navigation():  # a click does not wait for the page that it leads to
        tab.get_by_role("button", name="Log in").click()


def switch(tab: Page, name: str) -> None:
    tab.get_by_text("Switch site", exact=True).click()
    with tab.expect_navigation():
        tab.locator(".switcher").get_by_role("button", name=name).click()


def open_page_form(tab: Page, server: Server, title: str, *, site: str) -> None:
    """From the list of pages, under the address of `site`."""
    tab.goto(server.url(site, "/admin/pages/page/"))
    with tab.expect_navigation():
        tab.get_by_role("link", name=title, exact=True).click()


def colour_of_header(tab: Page) -> str:
    return str(tab.locator("#header").evaluate("e => getComputedStyle(e).backgroundColor"))
