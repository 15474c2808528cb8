"""Secrets of second factors are stored encrypted, and outlive a change of SECRET_KEY."""

from __future__ import annotations

import re

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from pytest_django import Settings

from app.accounts.models import User
from tests.sign_in.factors import code_of, confirm, give_app, give_codes, send_code, sign_in, signed_in, text
from tests.support.commands import call
from tests.support.logs import Lines
from tests.support.makers import Browser

APP = "/admin/account/factors/app/"


def test_secrets_are_encrypted_everywhere(nora: User) -> None:
    browser = signed_in("north.test", "nora")
    confirm(browser, "nora")
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get(APP).content.decode())
    assert shown is not None
    secret = shown[1].replace(" ", "")
    assert all(secret not in str(row.get_decoded()) for row in Session.objects.all())
    browser.post(APP, {"code": code_of(secret)})
    codes = give_codes(nora)
    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_keys_are_rotated(nora: User, at_north: Browser, settings: Settings) -> None:
    secret = give_app(nora)
    code = give_codes(nora)[0]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, that is long enough to be one"
    sign_in(at_north, "nora")
    assert send_code(at_north, code_of(secret)).status_code == 302
    assert call("people", "reencrypt") == "2 secrets of second factors are encrypted with SECRET_KEY now.\n"
    settings.SECRET_KEY_FALLBACKS = []
    another = Browser("north.test")
    sign_in(another, "nora")
    assert send_code(another, code).status_code == 302


def test_a_lost_key_is_named(nora: User, at_north: Browser, settings: Settings, lines: Lines) -> None:
    secret = give_app(nora)
    settings.SECRET_KEY = "another key, that is long enough to be one"
    sign_in(at_north, "nora")
    response = send_code(at_north, code_of(secret))
    assert "cannot be read. A superuser can remove it." in text(response)
    assert any("SECRET_KEY_FALLBACKS" in line["event"] for line in lines())
    assert signed_in_pages(nora, settings) == 200


def signed_in_pages(nora: User, settings: Settings) -> int:
    browser = Browser("north.test")
    browser.force_login(nora)
    return int(browser.get("/admin/account/").status_code)
