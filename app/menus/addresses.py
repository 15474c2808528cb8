"""Addresses that an entry of a menu may have: a path, http and https, mailto and tel."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from app.redirects import targets

LONGEST_ADDRESS = 500
#: What the database accepts, as prefixes: `normalised()` gives nothing else.
PREFIXES = ("/", "http://", "https://", "mailto:", "tel:")
PHONE = re.compile(r"\+?[0-9][0-9().-]{2,30}")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: Without a scheme: a name with a dot, and perhaps a port and a path.
HOST = re.compile(r"[^\s/?#:@]+\.[^\W\d_][^\s/?#:@]+(:\d+)?([/?#].*)?")
EMAIL = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")
NOT_ALLOWED = _(
    "Enter a path of this site such as /about/, an address with https://, an e-mail address, or a number after tel:."
)


def normalised(text: str) -> str:
    """One spelling: `www.example.com` gets https://, and an address on a domain of the current site becomes a path.

    Raises `ValidationError`.
    """
    address = _normalised(text.strip())
    if len(address) > LONGEST_ADDRESS:
        raise ValidationError(_("An address has at most %(most)d characters."), params={"most": LONGEST_ADDRESS})
    return address


def _normalised(text: str) -> str:
    if EMAIL.fullmatch(text):
        text = f"mailto:{text}"
    # SECURITY: `javascript:` would run in the visitor's page. What has a scheme is one of the known ones, or refused.
    scheme = SCHEME.match(text)
    if scheme is not None and scheme[0].lower() in {"mailto:", "tel:"}:
        return _contact(scheme[0].lower(), text[scheme.end() :].strip())
    if not text or text.startswith("/") or text.lower().startswith(("http://", "https://")):
        return _without_scheme_in_capitals(targets.normalised(text))
    if HOST.fullmatch(text):
        return _without_scheme_in_capitals(targets.normalised(f"https://{text}"))
    raise ValidationError(NOT_ALLOWED)


def validate_address(value: str) -> None:
    """Raises `ValidationError` for what is no address that a visitor may be led to."""
    normalised(value)


def _contact(scheme: str, rest: str) -> str:
    if scheme == "mailto:":
        address, _mark, query = rest.partition("?")
        EmailValidator(_("Enter an e-mail address after mailto:."))(address)
        if re.search(r"[\s\\<>\"']", query):
            raise ValidationError(NOT_ALLOWED)
        return f"mailto:{rest}"
    number = re.sub(r"\s", "", rest)
    if not PHONE.fullmatch(number):
        raise ValidationError(_("Enter a phone number after tel:, such as tel:+49301234567."))
    return f"tel:{number}"


def _without_scheme_in_capitals(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    return f"{scheme.lower()}{separator}{rest}" if separator and not address.startswith("/") else address
