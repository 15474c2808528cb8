"""Forms for codes: at the sign-in, before a change of the account, and to set up an authenticator app."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django import forms
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.observability import metrics
from app.sign_in import rate_limit
from app.sign_in.client import client_address
from app.sign_in.factors.codes import step_of, use_code
from app.sign_in.factors.encryption import decrypt, encrypt
from app.tenancy.audit.signals import record_failed_sign_in

log = structlog.stdlib.get_logger(__name__)
LONGEST_CODE = 50


def code_field(label: Any) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=label, max_length=LONGEST_CODE, widget=forms.TextInput(attrs=attributes))


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code. Each wrong one is counted by the rate limit."""

    code = code_field(_("Code"))
    reauthenticated = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.factor: Authenticator | None = None

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        try:
            attempt = rate_limit.attempt("code", self.user.get_username(), client_address(context.request))
            self.factor = use_code(self.user, code)
            if self.factor is None:
                raise get_adapter().validation_error("incorrect_code")
        except forms.ValidationError as error:
            metrics.SIGN_INS_FAILED.inc()
            record_failed_sign_in(self.user.get_username())
            log.warning("Second factor failed", reason=error.code, user=self.user.pk)
            raise
        attempt.succeeded()
        return code

    def save(self) -> None:
        post_authentication(context.request, self.factor, reauthenticated=self.reauthenticated)


class ConfirmingCodeForm(CodeForm):
    """Before a change of one's own account."""

    reauthenticated = True


class SetUpAppForm(forms.Form):
    """The first code of a new authenticator app, whose secret is kept in the session until then."""

    code = code_field(_("Code from the app"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.step = -1
        session = context.request.session
        # SECURITY: encrypted here too, because sessions are rows of the database.
        if SECRET_SESSION_KEY not in session:
            session[SECRET_SESSION_KEY] = encrypt(generate_totp_secret())
        self.secret = decrypt(session[SECRET_SESSION_KEY])

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        attempt = rate_limit.attempt("code", self.user.get_username(), client_address(context.request))
        step = step_of(self.secret, code)
        if step is None:
            raise get_adapter().validation_error("incorrect_code")
        attempt.succeeded()
        self.step = step
        return code
