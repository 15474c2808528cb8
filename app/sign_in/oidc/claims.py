"""What the claims say of a person, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.emailkit import valid_email_or_none

from app.sign_in.oidc.faults import InvalidResponse

MOST_CHARACTERS = 191  # of an identifier, in allauth's table


@dataclass(frozen=True, slots=True)
class Person:
    """`identifier` is the provider's, and stays the same. A `username` or an `email` may become another person's."""

    identifier: str
    username: str
    email: str
    email_is_verified: bool
    first_name: str
    last_name: str


def person_of(claims: Mapping[str, Any]) -> Person:
    """Raises `InvalidResponse`."""
    identifier = claims["sub"]
    if not isinstance(identifier, str) or not 0 < len(identifier) <= MOST_CHARACTERS or not identifier.isprintable():
        raise InvalidResponse("identifier")
    email = valid_email_or_none(_text(claims, "email")) or ""
    return Person(
        identifier=identifier,
        username=_text(claims, "preferred_username") or email,
        email=email,
        # SECURITY: some providers send text, and the text "false" is true in Python.
        email_is_verified=claims.get("email_verified") in (True, "true"),
        first_name=_text(claims, "given_name")[:150],
        last_name=_text(claims, "family_name")[:150],
    )


def value_at(claims: Mapping[str, Any], name: str) -> Any:
    """The claim with this name; or the one inside others, as `realm_access.roles`. None if there is none."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
