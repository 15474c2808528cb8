from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset import finalize_password_reset
from django.contrib.auth.forms import SetPasswordForm
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from app.accounts.models import User
from app.sign_in.client import client_address
from app.sign_in.mailing import server
from app.sign_in.mailing.pages import LinkPage, OfHost
from app.sign_in.rate_limit import RateLimited
from app.sign_in.reset.accounts import LinkNotValid, account_of, is_offered, request_links, set_password
from app.sign_in.reset.forms import ResetRequestForm


class ResetRequestView(OfHost, FormView[Any]):
    form_class = ResetRequestForm
    template_name = "sign_in/reset/request.html"
    title = _("Forgotten your password?")
    success_url = reverse_lazy("account_reset_password_done")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "is_offered": is_offered()}

    def post(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = super().post(request) if is_offered() else self.get(request)
        return response

    def form_valid(self, form: ResetRequestForm) -> HttpResponse:
        try:
            request_links(form.cleaned_data["email"], client_address(self.request))
        except (RateLimited, server.MailNotSent) as error:
            form.add_error(None, error if isinstance(error, RateLimited) else server.TRY_LATER)
            return self.form_invalid(form)
        response: HttpResponse = super().form_valid(form)
        return response


class ResetSentView(OfHost, TemplateView):
    template_name = "sign_in/reset/sent.html"
    title = _("Look into your mailbox")


class ResetView(LinkPage):
    form_class = SetPasswordForm
    template_name = "sign_in/reset/password.html"
    refused_template = "sign_in/reset/refused.html"
    title = _("Set a new password")
    session_name = "password_reset_key"
    user: User

    def open(self, key: str) -> bool:
        try:
            self.user = account_of(key)
        except LinkNotValid:
            return False
        return True

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed_in = self.request.user
        other = signed_in if signed_in.is_authenticated and signed_in.pk != self.user.pk else None
        return {**super().get_context_data(**kwargs), "person": self.user, "other": other}

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            user = set_password(self.key, form.cleaned_data["new_password1"])
        except LinkNotValid:  # another request has just used it
            return self.refused()
        # SECURITY: also of another account, and before the steps of the sign-in: a second factor may follow.
        get_adapter().logout(self.request)
        response: HttpResponse = finalize_password_reset(self.request, user)
        return response


request_reset = ResetRequestView.as_view()
reset_sent = ResetSentView.as_view()
reset_password = ResetView.as_view()
