"""In Chromium: the button, the provider's page, and back; on the site with a role and on one without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.contrast import assert_accessible
from tests.oidc_provider.client import CLIENT, Provider, running_provider
from tests.support.commands import managed
from tests.support.databases import collected_static, demo_in
from tests.support.server import serving

pytestmark = pytest.mark.service("chromium")

BUTTON = "Log in with House of Keys"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("oidc")) as running:
        yield running


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo, where passwords are switched off. Ida's account comes from the claim, and root's is linked by hand."""
    folder: Path = tmp_path_factory.mktemp("sso")
    env = {
        **demo_in(folder),
        **collected_static(),
        "OIDC_URL": provider.url,
        "OIDC_CLIENT_ID": CLIENT[0],
        "OIDC_CLIENT_SECRET": CLIENT[1],
        "OIDC_NAME": "House of Keys",
        "OIDC_ROLES_CLAIM": "roles",
        "OIDC_CREATE_USERS": "true",
        "PASSWORD_SIGN_IN": "false",
    }
    provider.knows("ida", preferred_username="ida", roles=["north:Editor"])
    managed("people", "link", "root", "root", **env)
    with serving(folder, **env) as running:
        yield Server(running.port)


def arrive(tab: Page, server: Server, subject: str, *, site: str, path: str = "/admin/") -> None:
    tab.goto(server.url(site, path))
    tab.get_by_role("button", name=BUTTON).click()
    tab.wait_for_url("http://login.localhost:*/**")
    tab.locator("input[name=sub]").fill(subject)
    tab.get_by_role("button", name="Authorize").click()


def test_from_the_button_to_the_admin(tab: Page, server: Server) -> None:
    arrive(tab, server, "ida", site="north", path="/admin/pages/page/")
    expect(tab).to_have_url(server.url("north", "/admin/pages/page/"))
    expect(tab.locator("#user-tools")).to_contain_text("ida")
    tab.go_back()
    expect(tab.locator("body")).not_to_contain_text("Traceback")


def test_on_a_site_without_a_role(tab: Page, server: Server) -> None:
    arrive(tab, server, "ida", site="harbour")
    expect(tab.locator("h1")).to_have_text("You are not signed in")
    expect(tab.locator("#content")).to_contain_text("ida has no role on Harbour Rowing Club")
    tab.get_by_role("link", name="Back to the log in page").click()
    expect(tab.get_by_role("button", name=BUTTON)).to_be_focused()


def test_a_linked_superuser_signs_in_everywhere(tab: Page, server: Server) -> None:
    for site in ("north", "harbour"):
        arrive(tab, server, "root", site=site)
        expect(tab).to_have_url(server.url(site, "/admin/"))


def test_cancelled_and_by_keyboard(tab: Page, server: Server) -> None:
    tab.goto(server.url("north", "/admin/"))
    tab.keyboard.press("Enter")
    tab.wait_for_url("http://login.localhost:*/**")
    tab.get_by_role("button", name="Deny").click()
    expect(tab.locator("h1")).to_have_text("This sign-in has ended")


@pytest.mark.parametrize(("scheme", "width"), [*product(("light", "dark"), (390, 1440))])
def test_the_pages_can_be_read(
    person: Callable[..., BrowserContext], server: Server, scheme: str, width: int, tmp_path: Path
) -> None:
    tab = person(width=width, scheme=scheme).new_page()
    tab.goto(server.url("north", "/admin/"))
    for name in ("log-in", "unknown"):
        assert_accessible(tab)
        tab.screenshot(path=tmp_path / f"{name}.png")
        if name == "log-in":
            arrive(tab, server, "5f0c2b1e" + "x" * 180, site="north")
            expect(tab.locator("#content")).to_contain_text("5f0c2b1e")
