"""Invitation and reset in a browser, on two sites."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.contrast import assert_accessible
from tests.e2e.steps import sign_in
from tests.support.mail import Mailbox, links_in

pytestmark = pytest.mark.service("chromium")
PASSWORD = "a good long password"
LOOKS = list(product(("light", "dark"), (390, 1440)))


def link_in_the_next_mail(mailbox: Mailbox) -> str:
    return links_in(mailbox.next().get_content())[0]


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name).click()


def invited(tab: Page, server: Server, email: str, *, site: str) -> None:
    tab.goto(server.url(site, "/admin/tenancy/membership/"))
    tab.get_by_role("link", name="Invite by e-mail").click()
    assert_accessible(tab)
    tab.get_by_label("E-mail address").fill(email)
    tab.get_by_label("Role").select_option("Editor")
    press(tab, "Send the invitation")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_an_invited_person_works_on_the_site_and_gets_back_in_without_her_password(
    scheme: str, width: int, person: Callable[..., BrowserContext], server: Server, mailbox: Mailbox
) -> None:
    name, site = f"ida-{scheme}-{width}", "north" if scheme == "light" else "south"
    email = f"{name}@example.test"
    boss, ida = (person(scheme=scheme, width=width).new_page() for _ in range(2))
    sign_in(boss, server, "root", site=site)
    invited(boss, server, email, site=site)
    expect(boss.get_by_text(f"{email} was invited.")).to_be_visible()
    assert_accessible(boss)
    boss.get_by_role("link", name=email, exact=True).click()
    assert_accessible(boss)
    press(boss, "Send again")
    ended, link = link_in_the_next_mail(mailbox), link_in_the_next_mail(mailbox)
    assert link.startswith(server.url(site, "/admin/account/invitation/?key="))
    ida.goto(ended)
    expect(ida.locator("h1")).to_have_text("This link is not valid")
    assert_accessible(ida)
    ida.goto(link)
    assert "key=" not in ida.url
    assert_accessible(ida)
    press(ida, "Create the account")
    ida.get_by_label("Username").fill(name)
    ida.get_by_label("First name").fill("Ida")
    ida.get_by_label("Last name").fill("Holm")
    ida.get_by_label("Password:").fill("12345")
    ida.get_by_label("Password confirmation").fill("12345")
    press(ida, "Create the account")
    expect(ida.get_by_text("This password is too short.")).to_be_visible()
    assert_accessible(ida)
    ida.get_by_label("Password:").fill(PASSWORD)
    ida.get_by_label("Password confirmation").fill(PASSWORD)
    press(ida, "Create the account")
    expect(ida.get_by_role("link", name="Pages", exact=True).first).to_be_visible()

    ida.context.clear_cookies()
    ida.goto(server.url(site, "/admin/"))
    assert_accessible(ida)
    ida.get_by_role("link", name="Forgotten your password?").click()
    assert_accessible(ida)
    ida.get_by_label("E-mail address").fill(email)
    press(ida, "Send the link")
    expect(ida.locator("h1")).to_have_text("Look into your mailbox")
    assert_accessible(ida)
    ida.goto(link_in_the_next_mail(mailbox))
    assert_accessible(ida)
    ida.get_by_label("New password:").fill(f"another {PASSWORD}")
    ida.get_by_label("New password confirmation").fill(f"another {PASSWORD}")
    press(ida, "Set the password")
    expect(ida.get_by_role("link", name="Pages", exact=True).first).to_be_visible()
    assert "A new password was set for your account" in mailbox.next().get_content().replace("\n", " ")


def test_somebody_else_who_is_signed_in_logs_out_first(tab: Page, server: Server, mailbox: Mailbox) -> None:
    sign_in(tab, server, "root", site="north")
    invited(tab, server, "eve@example.test", site="north")
    link = link_in_the_next_mail(mailbox)
    tab.goto(link)
    expect(tab.get_by_text("You are signed in as root, and the invitation is for eve@example.test.")).to_be_visible()
    assert_accessible(tab)
    tab.locator("#content").get_by_role("button", name="Log out").click()
    tab.goto(link)
    expect(tab.get_by_role("button", name="Create the account")).to_be_visible()
