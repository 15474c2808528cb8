"""A new e-mail address counts when its owner has opened the link that was mailed there."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.account.changes import note
from app.sign_in.account.own_page import OwnPage
from app.sign_in.account.pending import NotPending, address_of, confirm, end_others, link_to, wait_for
from app.sign_in.client import client_address
from app.sign_in.mailing import server
from app.sign_in.mailing.messages import message
from app.sign_in.mailing.pages import LinkPage
from app.sign_in.rate_limit import RateLimited
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import use_site
from app.tenancy.requests.tenancy import tenancy_of


def ask_to_confirm(person: User, email: str, client: str) -> None:
    """Mails a link to the new address, and tells the present one. Raises `RateLimited` and `MailNotSent`; nothing has
    changed then.
    """
    # Per account, and per mailbox: its owner has asked for nothing.
    attempts = [rate_limit.attempt("email", person.username, client), rate_limit.attempt("mailbox", email, client)]
    try:
        connection = server.open_connection()
    except server.MailNotSent:
        for attempt in attempts:
            attempt.succeeded()  # the person tries again later
        raise
    made = wait_for(person, email)
    try:
        server.send(connection, message("confirm_email", email, person=person, link=link_to(made)))
    except server.MailNotSent:
        made.delete()
        raise
    end_others(made)
    get_adapter().send_notification_mail("account/email/email_change_asked", person, {"is_asked": True})


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("New e-mail address"), max_length=254)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class EmailView(OwnPage, FormView[EmailForm]):
    sensitive = True
    form_class = EmailForm
    template_name = "sign_in/email.html"
    success_url = reverse_lazy("account")
    title = _("E-mail address")

    def form_valid(self, form: EmailForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        try:
            # Of the host's site, whatever site an editor has chosen: the link is opened there.
            with use_site(tenancy_of(self.request).host_site):
                ask_to_confirm(self.person, email, client_address(self.request))
        except RateLimited as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        except server.MailNotSent:
            form.add_error(None, _("The mail could not be sent. Your address is unchanged; try again later."))
            return self.form_invalid(form)
        messages.success(
            self.request, _("A link was sent to %(email)s. The address changes when you open it.") % {"email": email}
        )
        return super().form_valid(form)


class ConfirmEmailView(LinkPage):
    """The page behind the link; it needs no sign-in."""

    form_class = forms.Form
    template_name = refused_template = "sign_in/confirm_email.html"
    title = _("Confirm your e-mail address")
    session_name = "confirm_email_key"
    address: EmailAddress

    def open(self, key: str) -> bool:
        try:
            self.address = address_of(key)
        except NotPending:
            return False
        return True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "address": self.address}

    def form_valid(self, form: forms.Form) -> HttpResponse:  # noqa: ARG002  # Django's signature
        try:
            address, before = confirm(self.key)
        except NotPending:  # another request has just used it
            return self.refused()
        except IntegrityError:
            messages.error(self.request, _("Another account has this address. Yours is unchanged."))
            return HttpResponseRedirect(resolve_url("account"))
        self.request.session.pop(self.session_name, None)
        note(Verb.EMAIL_CHANGED, address.user, actor=address.user)
        changed = {"from_email": before, "to_email": address.email}
        get_adapter().send_notification_mail("account/email/email_changed", address.user, changed, before)
        messages.success(self.request, _("Your e-mail address is %(email)s now.") % {"email": address.email})
        return HttpResponseRedirect(resolve_url("account"))


change_email = EmailView.as_view()
confirm_email = ConfirmEmailView.as_view()
