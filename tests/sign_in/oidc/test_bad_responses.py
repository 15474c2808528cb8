"""Responses that sign nobody in: each is a page without a traceback, and a reason in the log."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import Settings

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import begin, is_signed_in, link, reasons, sign_in
from tests.support.logs import Lines
from tests.support.makers import Browser

HOUR = 3600


@pytest.fixture(autouse=True)
def linked(provider: Provider, nora: User) -> None:
    link(nora, "nora")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"id_token": {"aud": "another"}}, "id_token_InvalidAudienceError"),
        ({"id_token": {"aud": ["another", "third"]}}, "id_token_InvalidAudienceError"),
        ({"id_token": {"aud": ["colonnade", "another"]}}, "id_token_azp"),
        ({"id_token": {"aud": ["colonnade", "another"], "azp": "another"}}, "id_token_azp"),
        ({"id_token": {"aud": None}}, "id_token_MissingRequiredClaimError"),
        ({"id_token": {"nonce": None}}, "id_token_nonce"),
        ({"id_token": {"nonce": ""}}, "id_token_nonce"),
        ({"id_token": {"nonce": "another"}}, "id_token_nonce"),
        ({"id_token": {"iss": "https://another.example"}}, "id_token_InvalidIssuerError"),
        ({"id_token": {"exp": int(time.time()) - HOUR}}, "id_token_ExpiredSignatureError"),
        ({"id_token": {"exp": None}}, "id_token_MissingRequiredClaimError"),
        ({"id_token": {"iat": int(time.time()) + HOUR}}, "id_token_ImmatureSignatureError"),
        ({"id_token": {"sub": "root"}}, "userinfo_of_another_person"),
        ({"userinfo": {"sub": "root"}}, "userinfo_of_another_person"),
        ({"userinfo": {"sub": None}}, "userinfo_of_another_person"),
        ({"key": "other"}, "id_token_InvalidSignatureError"),
        ({"key": "none"}, "id_token_InvalidAlgorithmError"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in(
    provider: Provider, at_north: Browser, lines: Lines, faults: dict[str, Any], expected: str
) -> None:
    provider.faults(**faults)
    response = sign_in(at_north, provider, "nora")
    assert response.status_code == 502
    assert reasons(lines) == [expected]
    assert "invalid response" in response.content.decode()
    assert not is_signed_in(at_north)


def test_the_nonce_of_an_earlier_sign_in(provider: Provider, at_north: Browser, lines: Lines) -> None:
    earlier = begin(at_north).partition("nonce=")[2].partition("&")[0]
    provider.faults(id_token={"nonce": earlier})
    assert sign_in(at_north, provider, "nora").status_code == 502
    assert reasons(lines) == ["id_token_nonce"]
    assert not is_signed_in(at_north)


def test_a_token_a_minute_off_is_good(provider: Provider, at_north: Browser) -> None:
    provider.faults(id_token={"iat": int(time.time()) + 30})
    sign_in(at_north, provider, "nora")
    assert is_signed_in(at_north)


def test_cancelled(provider: Provider, at_north: Browser, lines: Lines) -> None:
    response = at_north.get(provider.visit(begin(at_north), "nora", action="deny") + state_of(begin(at_north)))
    assert response.status_code == 403
    assert "You cancelled" in response.content.decode()
    assert reasons(lines) == ["access_denied"]


def state_of(address: str) -> str:
    """The provider of the tests does not return the state with an error, as it should."""
    return f"&state={address.partition('state=')[2].partition('&')[0]}"


def test_another_error(provider: Provider, at_north: Browser) -> None:
    text = "<script>server_error</script>"
    response = at_north.get(f"/admin/login/oidc/callback/?error={text}{state_of(begin(at_north))}")
    assert response.status_code == 502
    assert text not in response.content.decode()


def test_a_wrong_secret(provider: Provider, at_north: Browser, settings: Settings, lines: Lines) -> None:
    settings.OIDC_CLIENT_SECRET = "wrong"
    assert sign_in(at_north, provider, "nora").status_code == 502
    assert reasons(lines) == ["token_invalid_client"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"issuer": "https://another.example"}, "issuer_is_not_OIDC_URL"),
        ({"issuer": None}, "issuer_is_not_OIDC_URL"),
        ({"token_endpoint": None}, "token_endpoint_missing_or_not_http"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint_missing_or_not_http"),
        ({"jwks_uri": 5}, "jwks_uri_missing_or_not_http"),
    ],
)
def test_metadata_that_do_not_fit(
    provider: Provider, at_north: Browser, lines: Lines, metadata: dict[str, Any], expected: str
) -> None:
    provider.faults(metadata=metadata)
    assert at_north.post("/admin/login/oidc/").status_code == 502
    assert reasons(lines) == [expected]


def test_a_client_that_must_authenticate_in_the_body(provider: Provider, at_north: Browser) -> None:
    provider.faults(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    sign_in(at_north, provider, "nora")
    assert is_signed_in(at_north)


def test_no_secret_is_logged(provider: Provider, at_north: Browser, lines: Lines) -> None:
    back = provider.visit(begin(at_north), "nora")
    at_north.get(back)
    code = back.partition("code=")[2].partition("&")[0]
    assert code
    assert code not in str(lines())
