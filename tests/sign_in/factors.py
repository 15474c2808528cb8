"""An authenticator app, and the steps of a person who has one."""

from __future__ import annotations

import html
import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from app.accounts.models import User
from tests.support.makers import Browser

Response = Any  # the test client's


def code_of(secret: str, *, minutes: float = 0) -> str:
    """The code that an app shows, whose clock is this much ahead."""
    return str(format_hotp_value(hotp_value(secret, int(time.time() + minutes * 60) // 30)))


def give_app(person: User) -> str:
    """The secret of an app that is set up for this person."""
    secret: str = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def give_codes(person: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(person).get_unused_codes()
    return codes


def give_passkey(person: User, host: str) -> Authenticator:
    """A row only: nothing can sign with it."""
    data = {"name": "Key", "host": host, "credential": {}}
    row: Authenticator = Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data=data)
    return row


def sign_in(browser: Browser, name: str) -> Response:
    """The first step."""
    return browser.post("/admin/login/", {"username": name, "password": name})


def send_code(browser: Browser, code: str) -> Response:
    """The second step."""
    return browser.post("/admin/login/code/", {"code": code})


def signed_in(host: str, name: str, **defaults: str) -> Browser:
    browser = Browser(host, **defaults)
    assert sign_in(browser, name).headers["Location"] == "/admin/"
    return browser


def confirm(browser: Browser, name: str) -> None:
    """Gives the password before a change of the account."""
    assert browser.post("/admin/account/confirm/", {"password": name}).status_code == 302


def is_in(browser: Browser) -> bool:
    return browser.get("/admin/").status_code == 200


def text(response: Response) -> str:
    """What the page says, without tags."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(words))
