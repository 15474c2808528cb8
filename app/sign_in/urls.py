"""Below `/admin/`. What is not listed here does not exist, whatever allauth could do."""

from __future__ import annotations

from typing import NoReturn

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import include, path
from django.views.generic import RedirectView

from app.sign_in.factors import at_sign_in
from app.sign_in.invitations import views as invitations
from app.sign_in.oidc import views as oidc
from app.sign_in.reset import views as reset


def not_found(request: HttpRequest) -> NoReturn:  # noqa: ARG001  # a view
    """The admin would redirect an unknown address to the sign-in; this one is known not to exist."""
    raise Http404


urlpatterns = [
    path("login/", admin.site.login, name="account_login"),
    path("login/code/", at_sign_in.second_factor, name="mfa_authenticate"),
    path("login/cancel/", at_sign_in.cancel, name="cancel_sign_in"),
    path("login/passkey/", at_sign_in.passkey_sign_in, name="mfa_login_webauthn"),
    path("logout/", admin.site.logout),  # the admin's own does nothing for a person who has to set up a second factor
    path("account/", include("app.sign_in.account.urls")),
    path("password_change/", RedirectView.as_view(pattern_name="account")),
    path("password_change/done/", RedirectView.as_view(pattern_name="account")),
    path("login/oidc/", oidc.start, name="oidc_start"),
    path("login/oidc/callback/", oidc.callback, name="oidc_callback"),
    path("account/signup/", not_found, name="account_signup"),
    # Reset and invitation by mail
    path("account/reset/", reset.request_reset, name="account_reset_password"),
    path("account/reset/sent/", reset.reset_sent, name="account_reset_password_done"),
    path("account/reset/password/", reset.reset_password, name="account_reset_password_from_key"),
    path("account/invitation/", invitations.accept, name="account_invitation"),
]
