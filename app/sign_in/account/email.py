"""A new e-mail address counts when its owner has opened the link that was mailed there."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from app.accounts.models import User
from app.sign_in.account.changes import note
from app.sign_in.account.own_page import OwnPage
from app.sign_in.views import InAdmin
from app.tenancy.admin.admin_site import address_on
from app.tenancy.audit.verbs import Verb
from app.tenancy.requests.admin_hosts import offers_admin
from app.tenancy.requests.tenancy import tenancy_of

log = structlog.stdlib.get_logger(__name__)
SALT = "app.sign_in.account.email"
LIFETIME = timedelta(days=1)


class MailNotSent(Exception):
    """The mail server refused the mail, or cannot be reached."""


def pending_address(person: User) -> EmailAddress | None:
    row: EmailAddress | None = EmailAddress.objects.filter(user=person, verified=False).order_by("-pk").first()
    return row


def ask_to_confirm(request: HttpRequest, person: User, email: str) -> None:
    """Mails a link to the new address. Raises `MailNotSent`; nothing has changed then."""
    made = EmailAddress.objects.create(user=person, email=_unused(person, email))
    tenancy = tenancy_of(request)
    path = reverse("confirm_email", args=[signing.dumps([made.pk, tenancy.host_site.id], salt=SALT)])
    # SECURITY: the stored domain, whatever host the request named. Where it serves no admin, this is a host of
    # ADMIN_HOSTS, because the request arrived.
    domain = tenancy.host_site.domain
    context = {"user": person, "link": address_on(request, domain if offers_admin(domain) else tenancy.host, path)}
    try:
        get_adapter().send_mail("sign_in/mail/confirm_email", email, context)
    except (OSError, SMTPException) as error:
        made.delete()
        log.warning("A mail was not sent", error=type(error).__name__)
        raise MailNotSent from None
    EmailAddress.objects.filter(user=person, verified=False).exclude(pk=made.pk).delete()


def _unused(person: User, email: str) -> str:
    """The address, after rows of earlier attempts with it are deleted."""
    EmailAddress.objects.filter(user=person, email=email).delete()
    return email


def address_of(key: str, site_id: int) -> EmailAddress | None:
    """The address that this link confirms: made on this site, a day old at most, not used before."""
    try:
        pk, made_on = signing.loads(key, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    if made_on != site_id:
        return None
    row: EmailAddress | None = EmailAddress.objects.filter(pk=pk, verified=False).first()
    return row


def confirm(address: EmailAddress) -> bool:
    """Makes it the person's address; False if it is that of another account by now, or was confirmed already."""
    try:
        with transaction.atomic():
            mine = EmailAddress.objects.filter(user=address.user)
            if not mine.filter(pk=address.pk, verified=False).update(verified=True):
                return False
            mine.exclude(pk=address.pk).delete()
            mine.update(primary=True)
            User.objects.filter(pk=address.user_id).update(email=address.email)
    except IntegrityError:
        return False
    return True


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
            ask_to_confirm(self.request, self.person, email)
        except MailNotSent:
            form.add_error(None, _("The mail could not be sent. Your address is unchanged; try again later."))
            return self.form_invalid(form)
        messages.success(
            self.request, _("A link was sent to %(email)s. The address changes when you open it.") % {"email": email}
        )
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailView(InAdmin, FormView[forms.Form]):
    """The page behind the link; it needs no sign-in.

    A GET changes nothing, because programs that inspect mails open links.
    """

    form_class = forms.Form
    template_name = "sign_in/confirm_email.html"
    title = _("Confirm your e-mail address")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = address_of(self.kwargs["key"], tenancy_of(self.request).host_site.id)
        return {**super().get_context_data(**kwargs), "address": address}

    def post(self, *_args: Any, **_kwargs: Any) -> HttpResponse:
        address = address_of(self.kwargs["key"], tenancy_of(self.request).host_site.id)
        if address is None:
            return self.render_to_response(self.get_context_data())
        before = address.user.email
        if not confirm(address):
            messages.error(self.request, _("Another account has this address. Yours is unchanged."))
            return HttpResponseRedirect(resolve_url("account"))
        note(Verb.EMAIL_CHANGED, address.user, actor=address.user)
        changed = {"from_email": before, "to_email": address.email}
        get_adapter().send_notification_mail("account/email/email_changed", address.user, changed, before)
        messages.success(self.request, _("Your e-mail address is %(email)s now.") % {"email": address.email})
        return HttpResponseRedirect(resolve_url("account"))


change_email = EmailView.as_view()
confirm_email = ConfirmEmailView.as_view()
