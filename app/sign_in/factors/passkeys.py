"""Passkeys (WebAuthn): forms that take what the browser signed, and refuse what another address asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.requests.tenancy import tenancy_of

HOST = "host"  # in Authenticator.data
LONGEST_NAME = 100


def passkeys_of(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("created_at"))


def host_of(passkey: Authenticator) -> str:
    return str(passkey.data.get(HOST, ""))


def own_host() -> str:
    return tenancy_of(context.request).host


def refuse_other_origins(credential: Any, parse: Callable[[Any], Any]) -> None:
    """Raises `ValidationError` if this was not signed on a page of the request's own scheme, host and port."""
    try:
        origin = parse(credential).response.client_data.origin
    except (TypeError, ValueError, KeyError, AttributeError):
        raise get_adapter().validation_error("incorrect_code") from None
    # SECURITY: browsers let a page of blog.school.example use a passkey of school.example; here these are two sites.
    if origin != f"{context.request.scheme}://{context.request.get_host()}":
        raise forms.ValidationError(_("This passkey was used on another address. Use it on this one."))


class _Checked(forms.Form):
    def clean_credential(self) -> Any:
        refuse_other_origins(self.cleaned_data["credential"], auth.parse_authentication_response)
        return super().clean_credential()  # type: ignore[misc]  # of allauth's form


class SecondFactorPasskeyForm(_Checked, AuthenticateWebAuthnForm):
    pass


class PasskeySignInForm(_Checked, LoginWebAuthnForm):
    def login(self, redirect_url: str | None) -> Login:
        return Login(user=self.cleaned_data["credential"].user, redirect_url=redirect_url)


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, required=False, help_text=_("For you, to tell your passkeys apart.")
    )

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        refuse_other_origins(credential, auth.parse_registration_response)
        return credential
