"""The key of a link to a preview. It names a row and the person who made the link; nothing is stored."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core import signing
from django.utils import timezone

from app.publishing.links.references import split
from app.tenancy.current import current_site

LIFETIME = timedelta(days=7)
LONGEST = 400
HOUR = 3600


class InvalidKey(Exception):
    """Not a key of this site."""


class EndedKey(InvalidKey):
    """A key of this site that was made too long ago."""


class Key(NamedTuple):
    reference: str
    maker_id: int
    until: datetime


def make(reference: str, maker_id: int) -> str:
    return _signer().sign(f"{reference}:{maker_id}")


def read(text: str) -> Key:
    """Raises `InvalidKey`, `EndedKey`. Makes no query."""
    if len(text) > LONGEST:
        raise InvalidKey
    signer = _signer()
    try:
        value = signer.unsign(text, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise EndedKey from None
    except signing.BadSignature:
        raise InvalidKey from None
    reference, _colon, maker = value.rpartition(":")
    if split(reference) is None or not maker.isdecimal():
        raise InvalidKey
    made = signing.b62_decode(text.rsplit(signer.sep, 2)[1])
    return Key(reference, int(maker), datetime.fromtimestamp(made, timezone.get_current_timezone()) + LIFETIME)


class _HourSigner(signing.TimestampSigner):
    """Signs with the end of the hour: the link of a row is the same for an hour, and lasts at least its time."""

    def timestamp(self) -> str:
        return signing.b62_encode((int(time.time()) // HOUR + 1) * HOUR)


def _signer() -> signing.TimestampSigner:
    # SECURITY: the site is part of the signature, so a key is worth nothing on another one.
    return _HourSigner(sep=".", salt=f"app.publishing.preview:{current_site().id}")
