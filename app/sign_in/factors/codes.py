"""Checks a code of an authenticator app, and accepts each code once."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.db import transaction

from app.accounts.models import User
from app.sign_in.factors.encryption import decrypt

LAST_STEP = "last_step"  # in Authenticator.data


def step_of(secret: str, code: str) -> int | None:
    """The 30 seconds, counted from 1970, of which this is the code; None if it is of none that is accepted now."""
    steps: Iterator[int] = auth.yield_hotp_counters_from_time()
    for step in steps:
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step))):
            return step
    return None


def use_code(user: User, code: str) -> Authenticator | None:
    """The factor that this code is of, after using it up. Raises `UnreadableSecret`."""
    for factor in Authenticator.objects.filter(user=user).order_by("-type"):
        if factor.type == Authenticator.Type.TOTP and _use_totp(factor, code):
            return factor
        if factor.type == Authenticator.Type.RECOVERY_CODES and factor.wrap().validate_code(code):
            return factor
    return None


def _use_totp(factor: Authenticator, code: str) -> bool:
    step = step_of(decrypt(factor.data["secret"]), code)
    return step is not None and use_step(factor.pk, step)


@transaction.atomic
def use_step(pk: int, step: int) -> bool:
    """Whether no code of this step or a later one was used before, in any process."""
    # SECURITY: the row is locked, so that of two simultaneous requests with one code only the first is accepted.
    # allauth's own guard is in the default cache: without Redis that is one process's, and it has a key per site.
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None or row.data.get(LAST_STEP, -1) >= step:
        return False
    row.data[LAST_STEP] = step
    row.save(update_fields=["data"])
    return True
