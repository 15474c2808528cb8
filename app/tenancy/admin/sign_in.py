from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.utils.translation import gettext_lazy as _

from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on


class SignInForm(AdminAuthenticationForm):
    """Signs in users who have a role on this site; a correct password alone opens no other site's admin."""

    required_css_class = "required"

    def confirm_login_allowed(self, user: Any) -> None:
        if not user.is_active:
            super().confirm_login_allowed(user)
        if not may_work_on(user, current_site().id):
            raise forms.ValidationError(
                _("You have no role on %(site)s. Ask one of its administrators, or sign in on your own site."),
                code="no_role",
                params={"site": current_site().name},
            )
