"""A sign-in with the provider, as a browser does it."""

from __future__ import annotations

import html
import re
from typing import Any

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.support.commands import call
from tests.support.logs import Lines
from tests.support.makers import Browser

Response = Any  # the test client's


def begin(browser: Browser, **data: str) -> str:
    """Clicks the button; the address that the page leads to."""
    response = browser.post("/admin/login/oidc/", data)
    assert response.status_code == 200, response.content
    found = re.search(r'content="0; url=([^"]+)"', response.content.decode())
    assert found
    return html.unescape(found[1])


def sign_in(browser: Browser, provider: Provider, subject: str, **data: str) -> Response:
    """The whole way; what the browser gets in the end."""
    return browser.get(provider.visit(begin(browser, **data), subject))


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/admin/").status_code == 200)


def link(user: User, identifier: str) -> None:
    call("people", "link", user.username, identifier)


def reasons(lines: Lines) -> list[str]:
    """Why sign-ins failed."""
    return [str(line["reason"]).removeprefix("oidc_") for line in lines() if line["event"] == "Sign-in failed"]
