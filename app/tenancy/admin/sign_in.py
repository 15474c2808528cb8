from __future__ import annotations

from typing import Any

import structlog
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.utils.translation import gettext_lazy as _

from app.observability import metrics
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on

log = structlog.stdlib.get_logger(__name__)


class SignInForm(AdminAuthenticationForm):
    """Signs in users who have a role on this site; a correct password alone opens no other site's admin."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "Please enter the correct user name and password of an account with a role on %(site)s. Both may be "
            "case-sensitive. An administrator of this site can give you a role."
        ),
    }

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError as error:
            metrics.SIGN_INS_FAILED.inc()
            # Without the user name: people type passwords into its field. The line has the client's address.
            log.warning("Sign-in failed", reason=error.code)
            raise
        return cleaned

    def confirm_login_allowed(self, user: Any) -> None:
        # SECURITY: the same message as for a wrong password; another one would confirm that the password is right.
        if not may_work_on(user, current_site().id):
            raise self.get_invalid_login_error()

    def get_invalid_login_error(self) -> forms.ValidationError:
        return forms.ValidationError(
            self.error_messages["invalid_login"], code="invalid_login", params={"site": current_site().name}
        )
