"""Second factors: set up on one's own account page, used at the sign-in, each code once."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.sign_in.factors.codes import use_step
from app.tenancy.audit.models import AuditEntry
from app.tenancy.models import Membership
from tests.sign_in.factors import (
    code_of,
    confirm,
    give_app,
    give_codes,
    give_passkey,
    is_in,
    send_code,
    sign_in,
    signed_in,
    text,
)
from tests.support.commands import call
from tests.support.logs import Lines
from tests.support.makers import Browser, person

APP = "/admin/account/factors/app/"
CODES = "/admin/account/factors/codes/"
REFUSED = "check the clock of your device"


def test_it_works(nora: User, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nora sets up an app, keeps a recovery code, and signs in with either."""
    browser = signed_in("north.test", "nora")
    assert browser.get(APP).headers["Location"] == f"/admin/account/confirm/?next={APP}"
    confirm(browser, "nora")
    page = browser.get(APP)
    secret = re.sub(r"\s", "", re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode())[1])  # type: ignore[index]
    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page.content.decode())
    assert picture is not None
    assert b"<svg" in b64decode(picture[1])
    assert "no-store" in page.headers["Cache-Control"]

    assert REFUSED in text(browser.post(APP, {"code": "000000"}))
    # The transaction of the test never ends.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call: call())
    first = code_of(secret)
    done = browser.post(APP, {"code": first})
    assert done.headers["Location"] == CODES
    page = browser.get(CODES)
    codes = re.findall(r"<li><code>(\d{8})</code>", page.content.decode())
    assert len(codes) == 10
    assert f'download="recovery-codes.txt" href="data:text/plain;charset=utf-8,{codes[0]}%0A' in page.content.decode()
    assert "They were shown already" in text(browser.get(CODES))

    another = Browser("north.test")
    assert sign_in(another, "nora").headers["Location"] == "/admin/login/code/"
    assert not is_in(another)
    assert another.get("/admin/login/code/").status_code == 200
    assert REFUSED in text(send_code(another, first)), "it was used to set up"
    assert send_code(another, code_of(secret, minutes=0.5)).headers["Location"] == "/admin/"
    assert is_in(another)

    third = Browser("north.test")
    sign_in(third, "nora")
    assert send_code(third, codes[0]).headers["Location"] == "/admin/"
    assert is_in(third)
    written = str(lines())
    assert [value for value in (secret, *codes) if value in written] == []
    assert [line["method"] for line in lines() if line.get("change") == "factor_added"] == ["totp", "recovery_codes"]
    # all_sites: no site is current in a test.
    recorded = AuditEntry.all_sites.filter(verb="factor_added").order_by("pk")
    assert [entry.details for entry in recorded] == [{"method": "totp"}, {"method": "recovery_codes"}]


def test_a_sign_in_without_its_second_step_is_none(nora: User, at_north: Browser) -> None:
    give_app(nora)
    sign_in(at_north, "nora")
    for path in ("/admin/", "/admin/pages/page/", "/admin/account/", "/admin/account/factors/"):
        assert at_north.get(path).status_code == 302
    assert at_north.post("/admin/login/cancel/").headers["Location"] == "/admin/login/"
    assert at_north.get("/admin/login/code/").headers["Location"] == "/admin/login/"


def test_it_leads_to_the_page_that_was_wanted(nora: User, at_north: Browser) -> None:
    secret = give_app(nora)
    at_north.post("/admin/login/?next=/admin/pages/page/", {"username": "nora", "password": "nora"})
    assert send_code(at_north, code_of(secret)).headers["Location"] == "/admin/pages/page/"


@pytest.mark.parametrize("minutes", [-2, 2, -60])
def test_a_clock_that_is_wrong_is_named(nora: User, at_north: Browser, minutes: int) -> None:
    secret = give_app(nora)
    sign_in(at_north, "nora")
    response = send_code(at_north, code_of(secret, minutes=minutes))
    assert response.status_code == 200
    assert REFUSED in text(response)
    assert not is_in(at_north)


def test_a_code_is_accepted_once(nora: User) -> None:
    secret = give_app(nora)
    code = code_of(secret)
    browsers = [Browser("north.test"), Browser("north.test")]
    for browser in browsers:
        sign_in(browser, "nora")
    assert send_code(browsers[0], code).status_code == 302
    assert REFUSED in text(send_code(browsers[1], code))
    assert not is_in(browsers[1])


def test_a_step_is_used_once_and_none_before_it(nora: User) -> None:
    give_app(nora)
    pk = Authenticator.objects.get(user=nora).pk
    assert [use_step(pk, step) for step in (7, 7, 6, 8, 7)] == [True, False, False, True, False]
    assert not use_step(pk + 1, 9)


def test_a_recovery_code_is_accepted_once(nora: User) -> None:
    give_app(nora)
    code = give_codes(nora)[3]
    assert send_code_of_new_sign_in(code) == 302
    assert send_code_of_new_sign_in(code) == 200


def send_code_of_new_sign_in(code: str) -> int:
    browser = Browser("north.test")
    sign_in(browser, "nora")
    return int(send_code(browser, code).status_code)


@pytest.mark.parametrize("code", ["", " ", "\0", "\N{FULLWIDTH DIGIT ONE}23456", "9" * 10_000, "💥", "-1", "'; --"])
def test_no_text_is_a_code(nora: User, at_north: Browser, code: str) -> None:
    give_app(nora)
    give_codes(nora)
    sign_in(at_north, "nora")
    assert send_code(at_north, code).status_code == 200
    assert not is_in(at_north)


def test_codes_are_limited_over_all_sign_ins_and_addresses(nora: User, lines: Lines) -> None:
    secret = give_app(nora)
    statuses = []
    for number in range(7):
        browser = Browser("north.test", REMOTE_ADDR=f"192.0.2.{number}")
        sign_in(browser, "nora")  # its right password does not forget wrong codes
        statuses.append(send_code(browser, "000000").status_code)
    assert statuses == [200] * 5 + [429] * 2
    response = send_code(browser, code_of(secret))
    assert response.status_code == 429
    assert "Try again in 15 minutes" in text(response)
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert sum(line["event"] == "Second factor failed" for line in lines()) == 8
    call("people", "unlock", "nora")
    assert send_code(browser, code_of(secret)).status_code == 302


def test_the_codes_of_many_accounts_from_one_address_are_limited(north: Site) -> None:
    people = [person(f"name{number}", north) for number in range(7)]
    statuses = []
    for number in range(35):
        if number < 7:
            give_app(people[number])
        browser = Browser("north.test", REMOTE_ADDR="192.0.2.7")
        sign_in(browser, people[number % 7].username)
        statuses.append(send_code(browser, "000000").status_code)
    assert statuses == [200] * 30 + [429] * 5


def test_the_code_of_another_person_is_none(nora: User, root: User, at_north: Browser) -> None:
    give_app(nora)
    sign_in(at_north, "nora")
    assert send_code(at_north, code_of(give_app(root))).status_code == 200


def test_an_account_without_a_role_gets_no_second_step(sam: User, at_north: Browser) -> None:
    """It would confirm the password."""
    give_app(sam)
    assert sign_in(at_north, "sam").status_code == 200
    assert at_north.get("/admin/login/code/").status_code == 302


def test_a_role_that_ends_between_the_steps(nora: User, at_north: Browser) -> None:
    secret = give_app(nora)
    sign_in(at_north, "nora")
    # all_sites: no site is current in a test.
    Membership.all_sites.filter(user=nora).delete()
    assert send_code(at_north, code_of(secret)).headers["Location"] == "/admin/login/"
    assert not is_in(at_north)


def test_removing_the_last_factor_removes_the_recovery_codes(nora: User, lines: Lines) -> None:
    secret = give_app(nora)
    give_codes(nora)
    browser = Browser("north.test")
    sign_in(browser, "nora")
    send_code(browser, code_of(secret))
    remove = f"{APP}remove/"
    assert browser.post(remove).headers["Location"].startswith("/admin/account/confirm/")
    confirm(browser, "nora")
    assert "Remove “TOTP Authenticator”?" in text(browser.get(remove))
    assert browser.post(remove).headers["Location"] == "/admin/account/factors/"
    assert not Authenticator.objects.exists()
    assert {line["method"] for line in lines() if line.get("change") == "factor_removed"} == {"totp", "recovery_codes"}
    assert browser.post(remove).status_code == 404
    signed_in("north.test", "nora")


def test_new_recovery_codes_replace_the_old_ones(nora: User) -> None:
    give_app(nora)
    old = give_codes(nora)[0]
    browser = Browser("north.test")
    browser.force_login(nora)
    confirm(browser, "nora")
    assert browser.post(f"{CODES}new/").headers["Location"] == CODES
    assert old not in text(browser.get(CODES))
    assert send_code_of_new_sign_in(old) == 200


def test_somebody_elses_factor_is_not_there(nora: User, sam: User, south: Site) -> None:
    passkey = give_passkey(sam, "south.test")
    browser = signed_in("north.test", "nora")
    confirm(browser, "nora")
    for method in (browser.get, browser.post):
        assert method(f"/admin/account/factors/passkeys/{passkey.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_change_needs_the_password_again(nora: User) -> None:
    browser = signed_in("north.test", "nora")
    for path in ("factors/app/", "factors/passkeys/add/", "factors/codes/new/", "email/"):
        assert browser.get(f"/admin/account/{path}").headers["Location"].startswith("/admin/account/confirm/"), path
        assert browser.post(f"/admin/account/{path}", {"code": "0"}).status_code == 302
    wrong = [browser.post("/admin/account/confirm/", {"password": "wrong"}).status_code for _ in range(6)]
    assert wrong == [200] * 5 + [429]
    assert browser.post("/admin/account/confirm/", {"password": "nora"}).status_code == 429


def test_a_code_confirms_too(nora: User) -> None:
    secret = give_app(nora)
    browser = Browser("north.test")
    sign_in(browser, "nora")
    used = code_of(secret)
    send_code(browser, used)
    code = "/admin/account/confirm/code/"
    assert REFUSED in text(browser.post(code, {"code": used})), "used at the sign-in"
    assert browser.post(f"{code}?next=/admin/account/email/", {"code": code_of(secret, minutes=0.5)}).status_code == 302
    assert browser.get("/admin/account/email/").status_code == 200


JUNK = [
    "",
    "null",
    "[]",
    "{}",
    '"x"',
    "1",
    '{"id": 1}',
    '{"id": "a", "rawId": "a", "type": "public-key", "response": []}',
]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_no_passkey(nora: User, junk: str) -> None:
    anonymous = Browser("north.test")
    assert anonymous.get("/admin/login/passkey/").status_code == 200
    assert anonymous.post("/admin/login/passkey/", {"credential": junk}).headers["Location"] == "/admin/login/"
    assert not is_in(anonymous)
    waiting = Browser("north.test")
    give_app(nora)
    sign_in(waiting, "nora")
    assert waiting.post("/admin/login/code/", {"credential": junk}).status_code == 200
    browser = Browser("north.test")
    browser.force_login(nora)
    confirm(browser, "nora")
    added = browser.post("/admin/account/factors/passkeys/add/", {"credential": junk, "name": "x"})
    assert added.status_code == 200
    assert Authenticator.objects.count() == 1


def test_sessions_of_strangers_who_ask_for_passkeys_are_bounded(north: Site) -> None:
    statuses = [Browser("north.test").get("/admin/login/passkey/").status_code for _ in range(40)]
    assert statuses == [200] * 30 + [429] * 10
    assert Session.objects.count() == 30
    refused = Browser("north.test").get("/admin/login/passkey/")
    assert "Try again in" in refused.json()["message"]
