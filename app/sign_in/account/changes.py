"""Every change of an account leaves a line in the log, and a mail to the person where mail is set up."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.conf import settings

from app.accounts.models import User

log = structlog.stdlib.get_logger(__name__)
NO_MAIL = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy")}


def note(change: str, person: User, **details: str | int) -> None:
    """Logs a change of an account. Pass no secret."""
    log.info("Account changed", change=change, account=person.pk, **details)


def connect() -> None:
    signals.authenticator_added.connect(_factor_added)
    signals.authenticator_removed.connect(_factor_removed)
    signals.authenticator_reset.connect(_codes_made)


def _factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    note("factor_added", user, method=str(authenticator.type))


def _factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    note("factor_removed", user, method=str(authenticator.type))


def _codes_made(user: User, **_: Any) -> None:
    note("recovery_codes_made", user)


class Notifications(DefaultAccountAdapter):
    """allauth's mails about changes, to the person's address of now. A mail server that is away stops no change."""

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        address = email or user.email
        if not address or settings.EMAIL_BACKEND in NO_MAIL:
            return
        try:
            super().send_notification_mail(template_prefix, user, context, address)
        except (OSError, SMTPException) as error:
            log.warning("A notification was not sent", account=user.pk, error=type(error).__name__)
