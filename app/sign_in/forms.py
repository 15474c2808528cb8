from __future__ import annotations

from typing import Any

import structlog
from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _

from app.observability import metrics
from app.tenancy.current import current_site

log = structlog.stdlib.get_logger(__name__)


class SignInForm(LoginForm):
    """Signs in people who have a role on this site; a correct password alone opens no other site's admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = UsernameField(label=_("Username"), max_length=150)
        self.fields["login"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""
        del self.fields["password"].widget.attrs["placeholder"]
        self.order_fields(["login", "password"])

    def add_prefix(self, field_name: str) -> str:
        return "username" if field_name == "login" else super().add_prefix(field_name)

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError as error:
            metrics.SIGN_INS_FAILED.inc()
            # Without the user name: people type passwords into its field. The line has the client's address.
            log.warning("Sign-in failed", reason=error.code)
            if error.code == "username_password_mismatch":
                error.params = {"site": current_site().name}
            raise
        return cleaned
