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
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.core.mail.backends.locmem import EmailBackend
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in.account.sessions import browser_in
from app.sign_in.reset.accounts import link_for as reset_link
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, Membership
from app.tenancy.people.permissions import known_rights
from tests.sign_in.factors import confirm, is_in, sign_in, signed_in, text
from tests.support.commands import call
from tests.support.logs import Lines
from tests.support.mail import links_in, opened
from tests.support.makers import Browser, person

ACCOUNT = "/admin/account/"
EMAIL = f"{ACCOUNT}email/"
CONFIRM = f"{EMAIL}confirm/"
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


def mail_server_is_away(monkeypatch: pytest.MonkeyPatch, step: str = "send_messages") -> None:
    def send(*_: object) -> None:
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, step, send)


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


@pytest.mark.parametrize("ends", [False, True])
def test_of_two_requests_after_a_change_of_rights_one_renews(
    nora: User, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """The second one has read the session before the first one gave it another key, or ended it."""
    browser, other = signed_in("north.test", "nora"), signed_in("north.test", "nora")
    assert is_in(browser)
    assert is_in(other)
    Membership.all_sites.filter(user=nora).update(role=Group.objects.get(name="Author"))
    first = Browser("north.test")
    first.cookies["sessionid"] = other.cookies["sessionid"].value
    nested: list[bool] = []

    def meanwhile(*arguments: Any) -> str | None:
        if not nested:
            nested.append(True)
            browser.post(f"{ACCOUNT}sessions/end/") if ends else first.get("/admin/")
        return known_rights(*arguments)

    monkeypatch.setattr("app.tenancy.requests.sessions.known_rights", meanwhile)
    assert "sessionid" not in other.get("/admin/").cookies
    assert not is_in(other)
    assert is_in(first) is not ends
    assert Session.objects.count() == UserSession.objects.count() == (1 if ends else 2)


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
    (link,) = links_in(mail.body)
    assert link.startswith(f"http://north.test{EMAIL}confirm/?key=")
    return link


def links_of(mailoutbox: list[Any]) -> list[str]:
    """Those to confirm an address; the present address gets mails without a link."""
    return [link_in(mail) for mail in mailoutbox if links_in(mail.body)]


def email_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_an_address_changes_when_its_link_is_opened(asking: Browser, nora: User, mailoutbox: list[Any]) -> None:
    assert asking.post(EMAIL, {"email": "New@example.test"}).headers["Location"] == ACCOUNT
    assert "new@example.test waits for its link to be opened." in text(asking.get(ACCOUNT))
    mail, told = mailoutbox
    assert (mail.to, mail.subject) == (["new@example.test"], "[North] Confirm your e-mail address")
    assert "address of the account nora on North (north.test)" in mail.body
    assert told.to == ["nora@example.test"], "the present address is told before anything changes"
    assert "A change of your account on North was asked for" in told.subject
    assert "Somebody asked for another e-mail address" in told.body
    assert email_of(nora) == "nora@example.test"
    anonymous = opened(link_in(mail))
    assert "Make new@example.test the address of the account nora?" in text(anonymous.get(CONFIRM))
    assert email_of(nora) == "nora@example.test", "a GET changes nothing"
    assert anonymous.post(CONFIRM).headers["Location"] == ACCOUNT
    assert email_of(nora) == "new@example.test"
    assert [(row.email, row.verified) for row in EmailAddress.objects.all()] == [("new@example.test", True)]
    assert mailoutbox[2].to == ["nora@example.test"], "the old address is told"
    assert "Your account on North was changed" in mailoutbox[2].subject
    for used in (anonymous.get(CONFIRM), anonymous.post(CONFIRM), anonymous.get(link_in(mail))):
        assert (used.status_code, "This link is not valid." in text(used)) == (410, True), "it works once"


def test_a_newer_link_replaces_an_older_one(asking: Browser, nora: User, mailoutbox: list[Any]) -> None:
    for name in ("one", "two", "two"):
        asking.post(EMAIL, {"email": f"{name}@example.test"})
    assert [asking.get(link).status_code for link in links_of(mailoutbox)] == [410, 410, 302]


def test_a_link_is_worth_nothing_elsewhere(asking: Browser, nora: User, south: Site, mailoutbox: list[Any]) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    elsewhere = Browser("south.test")
    path = link_in(mailoutbox[0]).removeprefix("http://north.test")
    assert elsewhere.get(path).status_code == 410
    assert elsewhere.post(path).status_code == 410
    assert email_of(nora) == "nora@example.test"


def test_a_link_ends_after_a_day(asking: Browser, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    link, now = link_in(mailoutbox[0]), time.time()
    browser = opened(link)
    for hours, status in ((23.9, 200), (24.1, 410)):
        monkeypatch.setattr("time.time", lambda ahead=hours: now + ahead * 3600)
        assert browser.get(CONFIRM).status_code == status


@pytest.mark.parametrize("key", ["", "x", "1.b.c", "%20", "%00", "9" * 30 + ".a.b"])
def test_a_made_up_link(north: Site, key: str) -> None:
    response = Browser("north.test").get(f"{CONFIRM}?key={key}")
    assert (response.status_code, "This link is not valid." in text(response)) == (410, True)


@pytest.mark.parametrize("way", ["account", "reset", "command", "closed", "all others end"])
def test_a_new_password_ends_the_link(
    asking: Browser, nora: User, north: Site, mailoutbox: list[Any], way: str
) -> None:
    """Somebody who knew the old password may have asked for it."""
    asking.post(EMAIL, {"email": "new@example.test"})
    link = link_in(mailoutbox[0])
    browser, owner = opened(link), signed_in("north.test", "nora")
    if way == "account":
        assert owner.post(PASSWORD, NEW).status_code == 302
    elif way == "reset":
        nora.refresh_from_db()
        with use_site(north):
            reset = opened(reset_link(nora))
        new = {"new_password1": NEW["new_password1"], "new_password2": NEW["new_password2"]}
        assert reset.post("/admin/account/reset/password/", new).status_code == 302
    elif way == "command":
        User.objects.filter(pk=nora.pk).update(password=make_password("another"))
    elif way == "closed":
        User.objects.filter(pk=nora.pk).update(is_active=False)
    else:
        assert owner.post(f"{ACCOUNT}sessions/end/").status_code == 302
    assert browser.post(CONFIRM).status_code == 410
    assert Browser("north.test").get(link).status_code == 410
    assert email_of(nora) == "nora@example.test"


@pytest.mark.parametrize("way", ["account", "all others end"])
def test_what_ended_does_not_wait_any_longer(asking: Browser, nora: User, way: str) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    asking.post(PASSWORD, NEW) if way == "account" else asking.post(f"{ACCOUNT}sessions/end/")
    assert "waits for its link" not in text(asking.get(ACCOUNT))


def test_the_key_is_in_no_log_line_and_in_no_response(asking: Browser, mailoutbox: list[Any], lines: Lines) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    link, browser = link_in(mailoutbox[0]), Browser("north.test")
    key = link.partition("key=")[2]
    responses = [browser.get(link), browser.get(CONFIRM), browser.post(CONFIRM), browser.get(link)]
    assert [response.status_code for response in responses] == [302, 200, 302, 410]
    assert key not in str([(response.headers, response.content) for response in responses])
    assert CONFIRM in {line.get("path") for line in lines()}
    assert key not in str(lines())


def test_mails_are_limited_per_account(asking: Browser, nora: User, mailoutbox: list[Any]) -> None:
    responses = [asking.post(EMAIL, {"email": f"victim{n}@example.test"}) for n in range(7)]
    assert [response.status_code for response in responses] == [302] * 5 + [429] * 2
    assert int(responses[-1].headers["Retry-After"]) > 0
    assert "Too many attempts." in text(responses[-1])
    assert len(links_of(mailoutbox)) == 5
    call("people", "unlock", "nora")
    assert asking.post(EMAIL, {"email": "new@example.test"}).status_code == 302


def test_and_per_mailbox(asking: Browser, north: Site, mailoutbox: list[Any]) -> None:
    others = [asking]
    for n in range(2):
        person(f"other{n}", north)
        others.append(signed_in("north.test", f"other{n}"))
        confirm(others[-1], f"other{n}")
    statuses = [browser.post(EMAIL, {"email": "victim@example.test"}).status_code for browser in others for _ in "abc"]
    assert statuses == [302] * 5 + [429] * 4


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
    (link,) = links_in(mailoutbox[0].body)
    assert link.startswith(f"http://www.north.test{CONFIRM}?key=")
    assert opened(link).post(CONFIRM).status_code == 302
    assert email_of(nora) == "new@example.test"


def test_under_another_site_the_link_is_of_the_host(
    nora: User, north: Site, south: Site, mailoutbox: list[Any]
) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Group.objects.get(name="Editor"))
    browser = signed_in("north.test", "nora")
    confirm(browser, "nora")
    browser.post("/admin/switch-site/", {"site_id": south.pk})
    browser.post(EMAIL, {"email": "new@example.test"})
    assert opened(link_in(mailoutbox[0]), browser).post(CONFIRM).status_code == 302
    assert email_of(nora) == "new@example.test"


@pytest.mark.parametrize("fault", ["away", "refuses"])
def test_a_mail_server_that_is_away_leaves_nothing_half_made(
    asking: Browser, nora: User, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    asking.post(EMAIL, {"email": "before@example.test"})
    mail_server_is_away(monkeypatch, "open" if fault == "away" else "send_messages")
    for attempt in range(6):
        response = asking.post(EMAIL, {"email": "new@example.test"})
        limited = fault == "refuses" and attempt > 3  # what a server refuses counts: it was asked
        assert response.status_code == (429 if limited else 200)
        assert ("The mail could not be sent. Your address is unchanged" in text(response)) is not limited
    assert [row.email for row in EmailAddress.objects.all()] == ["before@example.test"]
    assert asking.get(link_in(mailoutbox[0])).status_code == 302, "the link before is still valid"
    assert email_of(nora) == "nora@example.test"


def test_an_address_belongs_to_one_account(asking: Browser, nora: User, sam: User, mailoutbox: list[Any]) -> None:
    """Only who reads its mails learns that."""
    EmailAddress.objects.create(user=sam, email="sam@example.test", verified=True, primary=True)
    assert asking.post(EMAIL, {"email": "sam@example.test"}).headers["Location"] == ACCOUNT
    opened(link_in(mailoutbox[0]), asking).post(CONFIRM)
    assert "Another account has this address." in text(asking.get(ACCOUNT))
    assert email_of(nora) == "nora@example.test"


def change_in_admin(user: User, **values: str) -> None:
    browser = Browser("north.test")
    sign_in(browser, "root")
    page = browser.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    site = re.search(r'name="_opened_under_site" value="(\d+)"', page)
    assert site is not None
    sent = {"username": user.username, "email": user.email, "_opened_under_site": site[1], **values}
    assert browser.post(f"/admin/accounts/user/{user.pk}/change/", sent).status_code == 302


def test_a_superusers_change_voids_links(asking: Browser, nora: User, root: User, mailoutbox: list[Any]) -> None:
    asking.post(EMAIL, {"email": "new@example.test"})
    change_in_admin(nora, email="by-root@example.test", is_active="on")
    assert asking.get(link_in(mailoutbox[0])).status_code == 410
    assert email_of(nora) == "by-root@example.test"
