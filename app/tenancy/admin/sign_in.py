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

    required_css_class = "required"

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
        if not user.is_active:
            super().confirm_login_allowed(user)
        if not may_work_on(user, current_site().id):
            raise forms.ValidationError(
                _("You have no role on %(site)s. Ask one of its administrators, or sign in on your own site."),
                code="no_role",
                params={"site": current_site().name},
            )
