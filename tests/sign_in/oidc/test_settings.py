"""The variables of single sign-on: all that is needed, and nothing without effect."""

from __future__ import annotations

import pytest

from app.observability.redact import Redactor
from tests.support.variables import problems, settings_from

SECRET = "planted-and-long-enough-to-be-taken-for-one"
GOOD = {"OIDC_URL": "https://login.example.org", "OIDC_CLIENT_ID": "colonnade", "OIDC_CLIENT_SECRET": SECRET}


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://login.example.org", "https://login.example.org"),
        ("https://login.example.org/realms/house/", "https://login.example.org/realms/house"),
        ("http://localhost:9400", "http://localhost:9400"),
        ("http://[::1]:9400/", "http://[::1]:9400"),
    ],
)
def test_an_issuer(url: str, issuer: str) -> None:
    found = settings_from(**{**GOOD, "OIDC_URL": url})
    assert (found["OIDC_URL"], found["PASSWORD_SIGN_IN"], found["OIDC_LINK_BY_EMAIL"]) == (issuer, True, False)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("login.example.org", "of the form https://"),
        ("http://login.example.org", "must begin with https://"),
        ("http://localhost.example.org", "must begin with https://"),
        ("ftp://login.example.org", "must begin with https://"),
        ("https://ida:planted@login.example.org", "without user name"),
        ("https://login.example.org/?tenant=planted", "without user name and query"),
        ("https://login.example.org/#planted", "must be the issuer"),
        ("https://login.example.org/.well-known/openid-configuration", "must be the issuer"),
        ("https://login.example.org:port", "Not a valid URL"),
        ("https://[login", "Not a valid URL"),
        ("https://", "of the form https://"),
        (f"https://login.example.org/{'x' * 200}", "at most 200"),
    ],
)
def test_what_is_no_issuer(url: str, message: str) -> None:
    (text,) = problems(**{**GOOD, "OIDC_URL": url})["OIDC_URL"]
    assert message in text
    assert "planted" not in text


@pytest.mark.parametrize("missing", ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"])
def test_half_of_it(missing: str) -> None:
    found = problems(**{**GOOD, missing: ""})
    assert set(found) == {missing}
    assert "OIDC_URL is" in found[missing][0]


def test_without_passwords_a_provider_is_needed() -> None:
    assert "nobody could sign in" in problems(PASSWORD_SIGN_IN="false")["PASSWORD_SIGN_IN"][0]
    assert settings_from(**GOOD, PASSWORD_SIGN_IN="false")["PASSWORD_SIGN_IN"] is False


def test_new_accounts_need_roles() -> None:
    assert set(problems(**GOOD, OIDC_CREATE_USERS="true")) == {"OIDC_CREATE_USERS"}
    assert settings_from(**GOOD, OIDC_CREATE_USERS="true", OIDC_ROLES_CLAIM="roles")["OIDC_CREATE_USERS"] is True


def test_the_secret_is_removed_from_logs() -> None:
    redactor = Redactor()
    redactor.learn(settings_from(**GOOD)["SECRETS"])
    assert "planted" not in redactor.clean_known(f"It is {SECRET}.")
