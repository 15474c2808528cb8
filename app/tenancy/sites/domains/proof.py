"""The proof that the person who added a domain also controls it: a TXT record in its DNS (`DOMAIN_PROOF`).

A host without proof is pending: it belongs to its site, and is not served. The record holds a token that is derived
from the secret key, the site and the domain, so a copy of another site's record proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from app.tenancy.sites.domains.dns import NoSuchRecord, texts
from app.tenancy.sites.domains.rules import is_covered

LABEL = "_colonnade-challenge"
SALT = "app.tenancy.sites.domains.proof"


class Record(NamedTuple):
    """A TXT record to set. It proves a domain, a wildcard below it, and every name below it."""

    name: str
    value: str


class NotProved(Exception):
    """There is no proof. The message says what was found, and what to set."""


def record_for(site_id: int, host: str) -> Record:
    domain = host.removeprefix("*.")
    return Record(f"{LABEL}.{domain}", _token(settings.SECRET_KEY, site_id, domain))


def prove(site_id: int, host: str) -> None:
    """Looks the record up. Raises `NotProved`, `DnsFault`."""
    record = record_for(site_id, host)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    accepted = [_token(key, site_id, host.removeprefix("*.")) for key in keys]
    wanted = f'Set the TXT record {record.name} to "{record.value}".'
    try:
        found = texts(record.name)
    except NoSuchRecord:
        raise NotProved(f"There is no TXT record {record.name}. {wanted}") from None
    # SECURITY: a token of another site, or of another domain, is none of these.
    if not any(constant_time_compare(text.strip(), token) for text in found for token in accepted):
        raise NotProved(f"The TXT record {record.name} holds another value. {wanted} It may take a while to be seen.")


def proved_with(host: str, pending: Iterable[str]) -> list[str]:
    """The pending hosts of a site that the record of one of them proves: itself, and all below it."""
    return [other for other in pending if is_covered(other, host)]


def _token(key: str, site_id: int, domain: str) -> str:
    return salted_hmac(SALT, f"{site_id}:{domain}", secret=key, algorithm="sha256").hexdigest()[:40]
