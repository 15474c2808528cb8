from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in.invitations.accepting import AccountExists, NotValid, accept_with, account_for, invitation_of
from app.sign_in.invitations.forms import NewAccountForm
from app.sign_in.invitations.models import Invitation
from app.sign_in.mailing.pages import LinkPage


class AcceptView(LinkPage):
    """Creates the account of an invited person and signs her in; who has one already becomes a member."""

    form_class = NewAccountForm
    template_name = "sign_in/invitations/accept.html"
    refused_template = "sign_in/invitations/refused.html"
    title = _("Your invitation")
    session_name = "invitation_key"
    invitation: Invitation
    account: User | None

    def open(self, key: str) -> bool:
        try:
            self.invitation = invitation_of(key)
            self.account = account_for(self.invitation)
        except NotValid:
            return False
        return True

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        response = super().respond(request)
        if response.status_code == 200 and self.is_somebody_else:
            # SECURITY: never applied to an account that happens to be signed in.
            return TemplateResponse(request, "sign_in/invitations/signed_in.html", self.get_context_data(), status=409)
        return response

    @property
    def is_somebody_else(self) -> bool:
        person = self.request.user
        return person.is_authenticated and (self.account is None or person.pk != self.account.pk)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": User(email=self.invitation.email)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"invitation": self.invitation, "account": self.account}
        return {**super().get_context_data(**kwargs), **context}

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.is_somebody_else:
            return self.get(request)
        if self.account is not None:
            return self.become_member(self.account)
        response: HttpResponse = super().post(request)
        return response

    def become_member(self, account: User) -> HttpResponse:
        try:
            accept_with(self.key, account)
        except NotValid:
            return self.refused()
        del self.request.session[self.session_name]
        text = _("You are a member of %(site)s now. Log in with your account.")
        messages.success(self.request, text % {"site": self.invitation.site.name})
        return HttpResponseRedirect(reverse("admin:index"))

    def form_valid(self, form: NewAccountForm) -> HttpResponse:
        user = form.save(commit=False)
        try:
            accept_with(self.key, user)
        except (NotValid, AccountExists):  # another request was faster
            return HttpResponseRedirect(self.request.path)
        except IntegrityError:
            form.add_error("username", _("A user with that username already exists."))
            return self.form_invalid(form)
        del self.request.session[self.session_name]
        # By the steps of every sign-in: a second factor may be asked for.
        response: HttpResponse = perform_password_login(
            self.request, {"username": user.username}, Login(user=user, redirect_url=reverse("admin:index"))
        )
        return response


accept = AcceptView.as_view()
