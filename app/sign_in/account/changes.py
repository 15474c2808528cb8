"""Every change of an account is recorded and logged, and mailed to the person where mail is set up."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in.mailing import server
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb

log = structlog.stdlib.get_logger(__name__)
CHANGES = {
    "account/email/password_changed": _("The password of your account was changed."),
    "account/email/password_reset": _("A new password was set for your account, by a link that was mailed to you."),
    "account/email/email_change_asked": _(
        "Somebody asked for another e-mail address for your account. It changes when the link that was mailed to the "
        "new address is opened. A new password ends that link."
    ),
    "account/email/email_changed": _("The e-mail address of your account was changed. Mails go to the new one now."),
    "mfa/email/totp_activated": _("An authenticator app was set up as a second factor of your account."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed from your account."),
    "mfa/email/webauthn_added": _("A passkey was added to your account."),
    "mfa/email/webauthn_removed": _("A passkey was removed from your account."),
    "mfa/email/recovery_codes_generated": _("Your account has new recovery codes. The old ones are not valid."),
    "factors_removed": _("A superuser removed the second factors of your account."),
}


def note(verb: Verb, person: User, method: str = "", *, on_platform: bool = False, actor: User | None = None) -> None:
    """Records a change of an account, and logs it."""
    details = {"method": method} if method else {}
    record(verb, target=person, details=details, on_platform=on_platform, actor=actor)
    log.info("Account changed", change=verb.value, account=person.pk, **details)


def connect() -> None:
    signals.authenticator_added.connect(_factor_added)
    signals.authenticator_removed.connect(_factor_removed)
    signals.authenticator_reset.connect(_codes_made)


def _factor_added(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    note(Verb.FACTOR_ADDED, user, str(authenticator.type))


def _factor_removed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    note(Verb.FACTOR_REMOVED, user, str(authenticator.type))


def _codes_made(user: User, **_kwargs: Any) -> None:
    note(Verb.RECOVERY_CODES_MADE, user)


class Notifications(DefaultAccountAdapter):
    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Mails one of the `CHANGES` to the person, or to the address that she had. No mail server stops a change."""
        address = email or user.email
        if not address or template_prefix not in CHANGES or not server.is_set_up():
            return
        values = {**(context or {}), "user": user, "change": CHANGES[template_prefix]}
        try:
            super().send_notification_mail("sign_in/mail/account_changed", user, values, address)
        except (OSError, SMTPException) as error:
            log.warning("A notification was not sent", account=user.pk, error=type(error).__name__)
