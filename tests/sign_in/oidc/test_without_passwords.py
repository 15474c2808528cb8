"""PASSWORD_SIGN_IN=false: only the provider signs people in."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import is_signed_in, link, sign_in
from tests.support.makers import Browser

NORA = "5f0c-nora"


@pytest.fixture(autouse=True)
def off(provider: Provider, settings: Settings) -> None:
    settings.PASSWORD_SIGN_IN = False


@pytest.mark.parametrize("name", ["nora", "root"])
def test_no_password_signs_in(nora: User, root: User, at_north: Browser, name: str) -> None:
    page = at_north.get("/admin/login/").content.decode()
    assert 'type="password"' not in page
    assert "House of Keys" in page
    response = at_north.post("/admin/login/", {"username": name, "password": name})
    assert "Sign-in with a password is switched off." in response.content.decode()
    assert not is_signed_in(at_north)


def test_the_provider_does(provider: Provider, nora: User, at_north: Browser) -> None:
    link(nora, NORA)
    sign_in(at_north, provider, NORA)
    assert is_signed_in(at_north)
