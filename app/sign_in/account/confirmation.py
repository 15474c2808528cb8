"""Asks for the password, or a code, before a change of one's own account."""

from __future__ import annotations

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from django.utils.translation import gettext_lazy as _

from app.sign_in.account.own_page import OwnPage
from app.sign_in.factors.forms import ConfirmingCodeForm


class PasswordView(OwnPage, ReauthenticateView):
    sets_up = True
    template_name = "sign_in/confirmation.html"
    title = _("Enter your password")


class CodeView(OwnPage, ReauthenticateByCodeView):
    sets_up = True
    form_class = ConfirmingCodeForm
    template_name = "sign_in/confirmation.html"
    title = _("Enter a code")


by_password = PasswordView.as_view()
by_code = CodeView.as_view()
