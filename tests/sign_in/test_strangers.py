"""Visitors whom nobody knows do not fill the table of sessions."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.testing.surface import patterns
from tests.sign_in.factors import code_of, give_app, send_code, sign_in
from tests.support.makers import Browser

PASSKEY = "/admin/login/passkey/"
#: Each of these is limited by address.
STORED = {("get", PASSKEY)}


def test_no_address_stores_a_session_for_a_stranger(north: Site) -> None:
    storing = set()
    for pattern in patterns():
        for address in {f"/{path % dict.fromkeys(names, 1)}".replace("//", "/") for path, names in pattern.formats}:
            for method in ("get", "post") if pattern.model_admin is None else ():
                before = Session.objects.count()
                browser = Browser("north.test", raise_request_exception=False)
                getattr(browser, method)(address, {"credential": "{}", "username": "x", "password": "x"})
                if Session.objects.count() > before:
                    storing.add((method, address))
    assert storing == STORED


def test_an_answer_that_nobody_asked_for_is_refused(north: Site, at_north: Browser) -> None:
    refused = at_north.post(PASSKEY, {"credential": "{}"})
    assert refused.status_code == 400
    assert "This sign-in has ended" in refused.content.decode()
    assert not at_north.cookies.get("sessionid")
    at_north.get(PASSKEY)
    assert at_north.post(PASSKEY, {"credential": "{}"}).headers["Location"] == "/admin/login/"
    assert Session.objects.count() == 1


def test_asking_for_passkeys_blocks_nobodys_codes(nora: User) -> None:
    statuses = [Browser("north.test").get(PASSKEY).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    secret, browser = give_app(nora), Browser("north.test")
    sign_in(browser, "nora")
    assert send_code(browser, code_of(secret)).headers["Location"] == "/admin/"
