"""Which values of the variables of single sign-on are valid. The settings import it: it needs no app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MOST_CHARACTERS = 200  # of an issuer: it is stored with each link
DISCOVERY = "/.well-known/openid-configuration"
OPTIONS = ("OIDC_NAME", "OIDC_LINK_BY_EMAIL", "OIDC_ROLES_CLAIM", "OIDC_CREATE_USERS")
CREDENTIALS = ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


class InvalidIssuer(ValueError):
    """Says what is wrong; the address itself is not repeated."""


def clean_issuer(value: str) -> str:
    """An issuer without a slash at the end. Raises `InvalidIssuer`."""
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise InvalidIssuer("Not a valid URL.") from None
    if value != value.strip() or not value.isprintable() or not host or "@" in parts.netloc or "?" in value:
        raise InvalidIssuer("It must be of the form https://HOST/PATH, without user name and query.")
    # SECURITY: an attacker who can replace the provider's keys in transit could sign in as any person.
    if parts.scheme != "https" and (parts.scheme != "http" or host not in LOOPBACK):
        raise InvalidIssuer("It must begin with https:// (http:// is only for localhost).")
    if "#" in value or DISCOVERY in value:
        raise InvalidIssuer(f"It must be the issuer, without {DISCOVERY}.")
    if len(value) > MOST_CHARACTERS:
        raise InvalidIssuer(f"It must have at most {MOST_CHARACTERS} characters.")
    return value.rstrip("/")


def faults(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Variables that do not fit together, each with what to do."""
    if not values["OIDC_URL"]:
        for name in (*CREDENTIALS, *OPTIONS):
            if values[name]:
                yield name, "It has no effect without OIDC_URL. Set OIDC_URL, or remove it."
        if values["PASSWORD_SIGN_IN"] is False:
            yield "PASSWORD_SIGN_IN", "Without passwords and without OIDC_URL nobody could sign in. Set OIDC_URL."
        return
    for name in CREDENTIALS:
        if not values[name]:
            yield name, "Not set, but OIDC_URL is. The provider gives it to you when you register this application."
    if values["OIDC_CREATE_USERS"] and not values["OIDC_ROLES_CLAIM"]:
        yield "OIDC_CREATE_USERS", "It needs OIDC_ROLES_CLAIM: an account without a role can sign in nowhere."
