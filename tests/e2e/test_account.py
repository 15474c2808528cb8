"""One's own account: second factors, passkeys and sessions, on two sites, in light and dark, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.contrast import too_faint
from tests.e2e.steps import sign_in
from tests.sign_in.factors import code_of
from tests.support.commands import managed
from tests.support.server import serving

pytestmark = pytest.mark.service("chromium")

numbers = count(1)
LOOKS = [("light", 1440), ("dark", 390)]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def account(server: Server) -> str:
    """An editor of north and harbour, whose password is the name."""
    name = f"ida{next(numbers)}"
    for site in ("north", "harbour"):
        new = ["--create", "--password-stdin"] if site == "north" else []
        command = ["members", "add", name, f"--site={site}.localhost", "--role=Editor", *new]
        managed(*command, stdin=name if new else "", **server.settings)
    return name


@pytest.fixture(scope="module")
def strict_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the same database, where everyone needs a second factor."""
    with serving(tmp_path_factory.mktemp("strict"), **{**server.settings, "REQUIRE_MFA": "staff"}) as strict:
        yield Server(strict.port)


def assert_well_made(tab: Page) -> None:
    assert violations(tab) == [], tab.url
    assert too_faint(tab) == [], tab.url
    beside = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert int(tab.evaluate(beside)) <= 0, tab.url


def give_password(tab: Page, name: str) -> None:
    expect(tab.get_by_role("heading", name="Enter your password")).to_be_visible()
    assert_well_made(tab)
    tab.get_by_label("Password").fill(name)
    tab.get_by_role("button", name="Continue").click()


def set_up_app(tab: Page, name: str) -> tuple[str, list[str]]:
    """From the list of factors. The secret and the recovery codes."""
    tab.get_by_role("link", name="Set up an authenticator app").click()
    give_password(tab, name)
    expect(tab.get_by_role("img", name="QR code")).to_be_visible()
    assert tab.locator(".qr-code").evaluate("image => image.naturalWidth") > 0
    assert_well_made(tab)
    secret = tab.locator("code").inner_text().replace(" ", "")
    tab.get_by_label("Code from the app").fill(code_of(secret))
    tab.get_by_role("button", name="Set up").click()
    expect(tab.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert_well_made(tab)
    return secret, tab.locator(".recovery-codes code").all_inner_texts()


def type_code(tab: Page, code: str) -> None:
    tab.get_by_label("Code").fill(code)
    tab.get_by_role("button", name="Log in").click()


def has_entered(tab: Page, name: str) -> None:
    expect(tab.locator("#user-tools")).to_contain_text(name)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_it_works(
    account: str, server: Server, person: Callable[..., BrowserContext], tmp_path: Path, scheme: str, width: int
) -> None:
    """Ida sets up an app on north, and signs in on harbour with its code, then with a recovery code."""
    tab = person(scheme=scheme, width=width).new_page()
    tab.goto(server.url("north", "/admin/"))
    expect(tab.locator(".errornote:visible")).to_have_count(0)
    assert_well_made(tab)
    sign_in(tab, server, account, site="north")
    tab.get_by_role("link", name="Your account").click()
    assert_well_made(tab)
    secret, codes = set_up_app(tab, account)
    with tab.expect_download() as downloaded:
        tab.get_by_role("link", name="Download as text").click()
    assert downloaded.value.suggested_filename == "recovery-codes.txt"
    downloaded.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == codes
    tab.reload()
    expect(tab.locator("#content")).to_contain_text("They were shown already")

    elsewhere = person(scheme=scheme, width=width).new_page()
    sign_in(elsewhere, server, account, site="harbour")
    assert_well_made(elsewhere)
    type_code(elsewhere, "000000")
    expect(elsewhere.locator("#content")).to_contain_text("check the clock of your device")
    assert_well_made(elsewhere)
    type_code(elsewhere, code_of(secret, minutes=0.5))
    has_entered(elsewhere, account)
    elsewhere.get_by_role("button", name="Log out").click()
    sign_in(elsewhere, server, account, site="harbour")
    type_code(elsewhere, codes[0])
    has_entered(elsewhere, account)

    # On north she sees the session on harbour, and ends it.
    tab.goto(server.url("north", "/admin/account/"))
    row = tab.get_by_role("row").filter(has_text="Harbour Rowing Club")
    expect(row).to_contain_text("Chrome, Linux")
    assert_well_made(tab)
    row.get_by_role("button", name="End").click()
    expect(tab.locator(".messagelist")).to_contain_text("The session was ended.")
    expect(row).to_have_count(0)
    elsewhere.reload()
    expect(elsewhere.get_by_label("Username")).to_be_visible()
    for page in ("name/", "password/", "email/", "factors/", "factors/codes/new/", "factors/app/remove/"):
        tab.goto(server.url("north", f"/admin/account/{page}"))
        assert tab.url.endswith(page)
        assert_well_made(tab)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_a_passkey(
    account: str, server: Server, person: Callable[..., BrowserContext], scheme: str, width: int
) -> None:
    """It signs in alone, or as the second factor, on the site where it was added."""
    context = person(scheme=scheme, width=width)
    tab = context.new_page()
    device = context.new_cdp_session(tab)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    sign_in(tab, server, account, site="north")
    tab.goto(server.url("north", "/admin/account/"))
    tab.get_by_role("link", name="Add a passkey").click()
    give_password(tab, account)
    assert_well_made(tab)
    tab.get_by_label("Name").fill("My telephone")
    tab.get_by_role("button", name="Add a passkey").click()
    expect(tab.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = tab.locator(".recovery-codes code").all_inner_texts()
    tab.goto(server.url("north", "/admin/account/"))
    expect(tab.locator("#content")).to_contain_text("My telephone, for north.localhost")
    assert_well_made(tab)

    tab.get_by_role("button", name="Log out").click()
    tab.goto(server.url("north", "/admin/pages/page/"))
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_role("heading", name="Pages", exact=True)).to_be_visible()
    has_entered(tab, account)

    tab.get_by_role("button", name="Log out").click()
    sign_in(tab, server, account, site="north")
    assert_well_made(tab)
    tab.get_by_role("button", name="Use a passkey").click()
    has_entered(tab, account)

    sign_in(tab, server, account, site="harbour")
    expect(tab.locator("#content")).to_contain_text("Your passkeys work on north.localhost only.")
    assert_well_made(tab)
    type_code(tab, codes[0])
    has_entered(tab, account)


def test_a_device_without_the_passkey_is_told(
    account: str, server: Server, person: Callable[..., BrowserContext]
) -> None:
    context = person()
    tab = context.new_page()
    device = context.new_cdp_session(tab)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    tab.goto(server.url("north", "/admin/"))
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("The passkey was not used.")
    assert_well_made(tab)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_where_everyone_needs_a_factor(
    account: str, strict_server: Server, person: Callable[..., BrowserContext], scheme: str, width: int
) -> None:
    tab = person(scheme=scheme, width=width).new_page()
    sign_in(tab, strict_server, account, site="north")
    expect(tab.locator(".errornote")).to_contain_text("Everyone who works here needs a second factor.")
    assert_well_made(tab)
    tab.goto(strict_server.url("north", "/admin/pages/page/"))
    assert tab.url.endswith("/admin/account/factors/")
    set_up_app(tab, account)
    tab.goto(strict_server.url("north", "/admin/pages/page/"))
    has_entered(tab, account)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_a_superuser_removes_what_was_lost(
    account: str, server: Server, person: Callable[..., BrowserContext], scheme: str, width: int
) -> None:
    tab = person(scheme=scheme, width=width).new_page()
    sign_in(tab, server, account, site="north")
    tab.goto(server.url("north", "/admin/account/factors/"))
    set_up_app(tab, account)
    sign_in(tab, server, "root", site="south")
    tab.goto(server.url("south", f"/admin/accounts/user/?q={account}"))
    tab.locator("#result_list").get_by_role("link", name=account).click()
    tab.get_by_role("link", name="Remove", exact=True).click()
    assert_well_made(tab)
    tab.get_by_role("button", name="Remove").click()
    expect(tab.locator(".messagelist")).to_contain_text("signs in without a second factor now.")
    expect(tab.locator(".field-second_factor")).to_contain_text("-")
    another = person().new_page()
    sign_in(another, server, account, site="north")
    has_entered(another, account)
