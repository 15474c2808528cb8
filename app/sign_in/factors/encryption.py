"""Secrets of second factors are stored encrypted, with a key made from SECRET_KEY.

SECRET_KEY_FALLBACKS still decrypt, until `manage.py people reencrypt` has replaced what they encrypted.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

import structlog
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

log = structlog.stdlib.get_logger(__name__)
SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


class UnreadableSecret(ValidationError):
    """A stored secret was encrypted with a key that is neither SECRET_KEY nor one of the fallbacks."""

    def __init__(self) -> None:
        super().__init__(_("The second factor of this account cannot be read. A superuser can remove it."))


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises `UnreadableSecret`."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        log.error("The secret of a second factor cannot be decrypted: is a key missing in SECRET_KEY_FALLBACKS?")
        raise UnreadableSecret from None


def reencrypt() -> tuple[int, int]:
    """Encrypts all secrets with SECRET_KEY. Returns how many were encrypted, and how many no key can read."""
    done = unreadable = 0
    for pk in Authenticator.objects.filter(type__in=SECRETS).values_list("pk", flat=True):
        try:
            done += _reencrypt(pk)
        except InvalidToken:
            unreadable += 1
    return done, unreadable


@transaction.atomic
def _reencrypt(pk: int) -> int:
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return 0
    name = SECRETS[row.type]
    row.data[name] = _keys().rotate(row.data[name].encode()).decode()
    row.save(update_fields=["data"])
    return 1


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(secret_key: str) -> bytes:
    return urlsafe_b64encode(salted_hmac("app.sign_in.factors", "key", secret=secret_key, algorithm="sha256").digest())
