"""The page of one's own account: name, password, e-mail address and sessions."""

from __future__ import annotations

import re
import time
from datetime import datetime
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core import signing
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in.account.email import SALT, address_of
from app.sign_in.account.sessions import browser_in
from app.tenancy.directory import directory
from app.tenancy.models import Alias, Membership
from tests.sign_in.factors import confirm, is_in, sign_in, signed_in, text
from tests.support.logs import Lines
from tests.support.makers import Browser

ACCOUNT = "/admin/account/"
EMAIL = f"{ACCOUNT}email/"
PASSWORD = f"{ACCOUNT}password/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = {"old_password": "nora", "new_password1": "a new one, long", "new_password2": "a new one, long"}


def test_it_works(nora: User) -> None:
    browser = signed_in("north.test", "nora", HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7")
    header = browser.get("/admin/").content.decode()
    assert f'<a href="{ACCOUNT}">Your account</a>' in header
    assert "password_change" not in header
    page = browser.get(ACCOUNT)
    assert "no-store" in page.headers["Cache-Control"]
    assert "nora@example.test" in text(page)
    assert f"North 192.0.2.7 Firefox, Linux {datetime.now():%-d %b %Y}" in text(page)
    assert "This one" in text(page)


@pytest.mark.parametrize("path", ["", "done/"])
def test_the_admins_own_page_leads_here(nora: User, path: str) -> None:
    browser = signed_in("north.test", "nora")
    assert browser.get(f"/admin/password_change/{path}").headers["Location"] == ACCOUNT


@pytest.mark.parametrize("path", ["", "name/", "email/", "password/", "factors/", "confirm/", "confirm/code/"])
def test_it_is_for_people_with_a_role_here(sam: User, at_north: Browser, path: str) -> None:
    for _ in ("anonymous", "sam"):
        response = at_north.get(f"{ACCOUNT}{path}")
        assert response.headers["Location"].startswith("/admin/login/")
        at_north.force_login(sam)


def test_a_name_is_changed(nora: User) -> None:
    browser = signed_in("north.test", "nora")
    values = {"first_name": "Nora", "last_name": "<b>North</b>", "is_superuser": "on", "username": "root"}
    assert browser.post(f"{ACCOUNT}name/", values).headers["Location"] == ACCOUNT
    nora.refresh_from_db()
    assert (nora.username, nora.get_full_name(), nora.is_superuser) == ("nora", "Nora <b>North</b>", False)
    assert "Nora &lt;b&gt;North&lt;/b&gt;" in browser.get(ACCOUNT).content.decode()


def test_a_new_password_ends_the_other_sessions(nora: User, mailoutbox: list[Any], lines: Lines) -> None:
    browser, other = signed_in("north.test", "nora"), signed_in("north.test", "nora")
    assert browser.post(PASSWORD, NEW).headers["Location"] == ACCOUNT
    assert "Your password was changed." in text(browser.get(ACCOUNT))
    assert not is_in(other)
    assert UserSession.objects.count() == 1
    assert "The password of your account was changed." in mailoutbox[0].body
    assert [line["change"] for line in lines() if line["event"] == "Account changed"] == ["password_changed"]
    assert "a new one" not in str(lines())


@pytest.mark.parametrize(
    "changed", [{"old_password": "wrong"}, {"new_password2": "another"}, {"new_password1": "1", "new_password2": "1"}]
)
def test_a_refused_password_changes_nothing(nora: User, changed: dict[str, str]) -> None:
    browser, other = signed_in("north.test", "nora"), signed_in("north.test", "nora")
    assert browser.post(PASSWORD, {**NEW, **changed}).status_code == 200
    assert is_in(other)
    nora.refresh_from_db()
    assert nora.check_password("nora")


def test_the_old_password_is_limited(nora: User) -> None:
    """Who finds an open session does not guess the password there."""
    browser = signed_in("north.test", "nora")
    statuses = [browser.post(PASSWORD, {**NEW, "old_password": "x"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert browser.post(PASSWORD, NEW).status_code == 429


def test_a_notification_that_cannot_be_sent_stops_no_change(
    nora: User, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    browser = signed_in("north.test", "nora")
    mail_server_is_away(monkeypatch)
    assert browser.post(PASSWORD, NEW).status_code == 302
    assert any(line["event"] == "A notification was not sent" for line in lines())


def mail_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_: object) -> None:
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", send)


def test_a_session_is_ended(nora: User) -> None:
    browser, other, third = (signed_in("north.test", "nora") for _ in range(3))
    key = other.session.session_key
    row = UserSession.objects.get(session_key=key)
    assert browser.post(f"{ACCOUNT}sessions/end/", {"session": row.pk}).headers["Location"] == ACCOUNT
    assert [is_in(one) for one in (browser, other, third)] == [True, False, True]


def test_all_others_are_ended(root: User, north: Site, south: Site) -> None:
    browser, others = signed_in("north.test", "root"), [signed_in(f"{key}.test", "root") for key in ("north", "south")]
    assert "South" in text(browser.get(ACCOUNT)), "those of other sites too"
    assert browser.post(f"{ACCOUNT}sessions/end/").headers["Location"] == ACCOUNT
    assert [is_in(one) for one in (browser, *others)] == [True, False, False]
    assert "End all others" not in text(browser.get(ACCOUNT))


def test_a_session_with_a_new_key_is_ended_too(nora: User) -> None:
    """A change of rights renews the key."""
    browser, other = signed_in("north.test", "nora"), signed_in("north.test", "nora")
    assert is_in(other)
    before = other.cookies["sessionid"].value
    # all_sites: no site is current in a test.
    Membership.all_sites.filter(user=nora).update(role=Group.objects.get(name="Author"))
    assert is_in(other)
    assert other.cookies["sessionid"].value != before
    assert text(browser.get(ACCOUNT)).count("127.0.0.1") == 2
    browser.post(f"{ACCOUNT}sessions/end/")
    assert not is_in(other)


@pytest.mark.parametrize("value", ["0", "x", "-1", "9" * 30, "\0", "own", "sams"])
def test_nobody_ends_what_is_not_another_session_of_hers(nora: User, sam: User, value: str) -> None:
    browser, of_sam = signed_in("north.test", "nora"), signed_in("south.test", "sam")
    known = {"own": browser, "sams": of_sam}
    if value in known:
        value = str(UserSession.objects.get(session_key=known[value].session.session_key).pk)
    assert browser.post(f"{ACCOUNT}sessions/end/", {"session": value}).status_code == 404
    assert browser.get(f"{ACCOUNT}sessions/end/").status_code == 405
    assert is_in(of_sam)
    assert is_in(browser)


def test_sessions_that_no_longer_sign_in_are_not_listed(nora: User) -> None:
    signed_in("north.test", "nora")
    gone = signed_in("north.test", "nora")
    gone.post("/admin/logout/")
    browser = signed_in("north.test", "nora")
    assert text(browser.get(ACCOUNT)).count("127.0.0.1") == 2


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.1", "curl/8.1"),
        ("", ""),
        ("\x1b[31m" + "x" * 100, "[31m" + "x" * 36),
    ],
)
def test_a_browser_has_a_name(agent: str, name: str) -> None:
    assert browser_in(agent) == name


@pytest.fixture
def asking(nora: User) -> Browser:
    browser = signed_in("north.test", "nora")
    confirm(browser, "nora")
    return browser


def link_in(mail: Any) -> str:
    found = re.search(r"http://(north\.test|[a-z.:0-9]+)(/admin/account/email/\S+)", mail.body)
    assert found is not None
    assert found[1] == "north.test"
    return found[2]


def email_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_an_address_changes_when_its_link_is_opened(asking: Browser, nora: User, mailoutbox: list[Any]) -> None:
    assert asking.post(EMAIL, {"email": "New@example.test"}).headers["Location"] == ACCOUNT
    assert "new@example.test waits for its link to be opened." in text(asking.get(ACCOUNT))
    (mail,) = mailoutbox
    assert mail.to == ["new@example.test"]
    assert email_of(nora) == "nora@example.test"
    link, anonymous = link_in(mail), Browser("north.test")
    assert "Make new@example.test the address of the account nora?" in text(anonymous.get(link))
    assert email_of(nora) == "nora@example.test", "a GET changes nothing"
    assert anonymous.post(link).headers["Location"] == ACCOUNT
    assert email_of(nora) == "new@example.test"
    assert [(row.email, row.verified) for row in EmailAddress.objects.all()] == [("new@example.test", True)]
    assert mailoutbox[1].to == ["nora@example.test"], "the old address is told"
    assert "This link is not valid." in text(anonymous.post(link)), "it works once"


def test_a_newer_link_replaces_an_older_one(asking: Browser, nora: User, mailoutbox: list[Any]) -> None:
    for name in ("one", "two", "two"):
        asking.post(EMAIL, {"email": f"{name}@example.test"})
    links = [link_in(mail) for mail in mailoutbox]
    assert ["This link is not valid." in text(asking.get(link)) for link in links] == [True, True, False]


def test_a_link_is_worth_nothing_elsewhere(asking: Browser, nora: User, south: Site, mailoutbox: list[Any]) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    link = link_in(mailoutbox[0])
    assert "This link is not valid." in text(Browser("south.test").get(link))
    Browser("south.test").post(link)
    assert email_of(nora) == "nora@example.test"


def test_a_link_ends_after_a_day(asking: Browser, north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    key = signing.dumps([EmailAddress.objects.get().pk, north.id], salt=SALT)
    assert address_of(key, north.id) is not None
    tomorrow = time.time() + 25 * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: tomorrow)
    assert address_of(key, north.id) is None


@pytest.mark.parametrize("key", ["x", "a:b:c", "%20", "WzEsMV0"])
def test_a_made_up_link(north: Site, key: str) -> None:
    response = Browser("north.test").get(reverse("confirm_email", args=["x"]).replace("/x/", f"/{key}/"))
    assert "This link is not valid." in text(response)


def test_the_link_is_on_the_stored_domain(asking: Browser, mailoutbox: list[Any]) -> None:
    forged = asking.post(EMAIL, {"email": "new@example.test"}, headers={"X-Forwarded-Host": "evil.test"})
    assert forged.status_code in {400, 404}
    assert mailoutbox == []
    asking.post(EMAIL, {"email": "new@example.test"}, headers={"X-Forwarded-Host": "north.test"})
    assert link_in(mailoutbox[0])


def test_where_the_site_serves_no_admin_the_link_is_on_the_host_that_does(
    nora: User, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.ADMIN_HOSTS = ["www.north.test"]
    Alias.objects.filter(host="www.north.test").update(redirect=False)
    directory.forget()
    browser = signed_in("www.north.test", "nora")
    confirm(browser, "nora")
    browser.post(EMAIL, {"email": "new@example.test"})
    assert "http://www.north.test/admin/account/email/" in mailoutbox[0].body


def test_a_mail_server_that_is_away_leaves_nothing_half_made(
    asking: Browser, nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server_is_away(monkeypatch)
    response = asking.post(EMAIL, {"email": "new@example.test"})
    assert "The mail could not be sent. Your address is unchanged" in text(response)
    assert not EmailAddress.objects.exists()
    assert email_of(nora) == "nora@example.test"


def test_an_address_belongs_to_one_account(asking: Browser, nora: User, sam: User, mailoutbox: list[Any]) -> None:
    """Only who reads its mails learns that."""
    EmailAddress.objects.create(user=sam, email="sam@example.test", verified=True, primary=True)
    assert asking.post(EMAIL, {"email": "sam@example.test"}).headers["Location"] == ACCOUNT
    asking.post(link_in(mailoutbox[0]))
    assert "Another account has this address." in text(asking.get(ACCOUNT))
    assert email_of(nora) == "nora@example.test"


def test_a_superusers_change_voids_links(asking: Browser, nora: User, root: User, mailoutbox: list[Any]) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    browser = Browser("north.test")
    sign_in(browser, "root")
    page = browser.get(f"/admin/accounts/user/{nora.pk}/change/").content.decode()
    site = re.search(r'name="_opened_under_site" value="(\d+)"', page)
    assert site is not None
    values = {"username": "nora", "email": "by-root@example.test", "is_active": "on", "_opened_under_site": site[1]}
    assert browser.post(f"/admin/accounts/user/{nora.pk}/change/", values).status_code == 302
    asking.post(link_in(mailoutbox[0]))
    assert email_of(nora) == "by-root@example.test"
