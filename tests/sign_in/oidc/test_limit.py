"""Sign-ins that strangers begin and do not finish are limited by address: each of them stores a session."""

from __future__ import annotations

from django.contrib.sessions.models import Session

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import is_signed_in, link, reasons, sign_in
from tests.support.logs import Lines
from tests.support.makers import Browser


def test_begun_sign_ins_at_the_provider_are_limited(provider: Provider, nora: User, lines: Lines) -> None:
    link(nora, "nora")
    for _ in range(31):  # those that end in a sign-in are not counted
        browser = Browser("north.test")
        sign_in(browser, provider, "nora")
        assert is_signed_in(browser)
    before = Session.objects.count()
    responses = [Browser("north.test").post("/admin/login/oidc/") for _ in range(32)]
    assert [response.status_code for response in responses] == [200] * 30 + [429] * 2
    assert Session.objects.count() == before + 30
    assert int(responses[-1].headers["Retry-After"]) > 0
    assert "Too many attempts. Try again in 15 minutes." in responses[-1].content.decode()
    assert reasons(lines) == ["rate_limited"] * 2
    assert Browser("north.test", REMOTE_ADDR="192.0.2.7").post("/admin/login/oidc/").status_code == 200
