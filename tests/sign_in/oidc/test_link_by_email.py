"""An account is linked by the address that the provider has verified, if OIDC_LINK_BY_EMAIL says so."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import is_signed_in, link, reasons, sign_in
from tests.support.logs import Lines
from tests.support.makers import Browser, person

NORA = "5f0c-nora"


@pytest.fixture(autouse=True)
def on(provider: Provider, settings: Settings) -> None:
    settings.OIDC_LINK_BY_EMAIL = True


def test_a_verified_address(provider: Provider, nora: User, at_north: Browser) -> None:
    provider.knows(NORA, email="Nora@Example.test", email_verified=True)
    sign_in(at_north, provider, NORA)
    assert is_signed_in(at_north)
    assert User.objects.get(username="nora").check_password("nora"), "the password stays"
    provider.knows(NORA, email="married@example.test", email_verified=True)
    at_north.logout()
    sign_in(at_north, provider, NORA)
    assert is_signed_in(at_north), "by the identifier now"


@pytest.mark.parametrize("verified", [False, None, "false", "no"])
def test_an_address_that_is_not_verified(provider: Provider, nora: User, at_north: Browser, verified: object) -> None:
    provider.knows(NORA, email="nora@example.test", email_verified=verified)
    assert sign_in(at_north, provider, NORA).status_code == 403
    assert not SocialAccount.objects.exists()


def test_an_address_of_two_accounts(
    provider: Provider, nora: User, north: Site, at_north: Browser, lines: Lines
) -> None:
    other = person("other", north)
    EmailAddress.objects.create(user=other, email="nora@example.test", verified=True)
    provider.knows(NORA, email="nora@example.test", email_verified=True)
    assert sign_in(at_north, provider, NORA).status_code == 403
    assert reasons(lines) == ["email_of_several_accounts"]


def test_no_superuser(provider: Provider, root: User, at_north: Browser, lines: Lines) -> None:
    provider.knows("x", email="root@example.test", email_verified=True)
    assert sign_in(at_north, provider, "x").status_code == 403
    assert reasons(lines) == ["email_of_superuser"]


def test_an_address_that_has_changed_hands(provider: Provider, nora: User, at_north: Browser, lines: Lines) -> None:
    link(nora, NORA)
    provider.knows("successor", email="nora@example.test", email_verified=True)
    assert sign_in(at_north, provider, "successor").status_code == 403
    assert reasons(lines) == ["email_of_linked_account"]


def test_an_inactive_account(provider: Provider, nora: User, at_north: Browser) -> None:
    User.objects.update(is_active=False)
    provider.knows(NORA, email="nora@example.test", email_verified=True)
    assert sign_in(at_north, provider, NORA).status_code == 403
    assert not is_signed_in(at_north)


def test_switched_off(provider: Provider, nora: User, at_north: Browser, settings: Settings) -> None:
    settings.OIDC_LINK_BY_EMAIL = False
    provider.knows(NORA, email="nora@example.test", email_verified=True)
    assert sign_in(at_north, provider, NORA).status_code == 403
