"""A second factor that a person has here is asked for after single sign-on, too."""

from __future__ import annotations

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import is_signed_in, link, sign_in
from tests.support.makers import Browser


def test_without_the_code_nobody_is_signed_in(provider: Provider, nora: User, at_north: Browser) -> None:
    link(nora, "nora")
    TOTP.activate(nora, generate_totp_secret())
    response = sign_in(at_north, provider, "nora")
    assert response.status_code == 302
    assert response.headers["Location"] != "/admin/"
    assert not is_signed_in(at_north)
