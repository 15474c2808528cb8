"""What allauth asks the platform: who may sign in, from where, and where to go then."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.account.changes import Notifications
from app.sign_in.client import client_address
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on
from app.tenancy.requests.next_address import stays_on_host


class AccountAdapter(Notifications):
    error_messages = {
        **Notifications.error_messages,
        "username_password_mismatch": _(
            "Please enter the correct user name and password of an account with a role on %(site)s. Both may be "
            "case-sensitive. An administrator of this site can give you a role."
        ),
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with these credentials, if she may work on the current site.

        Raises `RateLimited`, or another `ValidationError` if passwords are switched off.
        """
        # SECURITY: here and not in a view, so that it holds for every form that takes a password to sign in.
        if not settings.PASSWORD_SIGN_IN:
            raise ValidationError(_("Sign-in with a password is switched off."), code="password_sign_in_off")
        attempt = rate_limit.attempt("password", credentials["username"], client_address(request))
        user = authenticate(request, **credentials)
        # SECURITY: as with a wrong password; another response would confirm that the password is right.
        if not isinstance(user, User) or not may_work_on(user, current_site().id):
            return None
        attempt.succeeded()
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        # SECURITY: the last step of every way to sign in. A role may have been taken away since the first one.
        if not may_work_on(user, current_site().id):
            raise ImmediateHttpResponse(HttpResponseRedirect(resolve_url("admin:login")))
        super().login(request, user)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        return False

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        return False  # the pages are forms, whatever a client accepts

    def is_safe_url(self, url: str) -> bool:
        request = context.request
        return stays_on_host(request, url)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of a person who has nothing to give: no password that is accepted, no code."""
        required = bool(super().is_reauthentication_required(app=app, **kwargs))
        return required and bool(self.get_reauthentication_methods(context.request.user))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Without passkeys: a person who has no password can type a recovery code."""
        offered = {
            "reauthenticate": (_("Use your password"), "account_reauthenticate"),
            "mfa_reauthenticate": (_("Use a code"), "mfa_reauthenticate"),
        }
        possible = {flow["id"] for flow in get_reauthentication_flows(user)}
        if not settings.PASSWORD_SIGN_IN:
            possible.discard("reauthenticate")
        return [
            {"id": key, "description": text, "url": reverse(name)}
            for key, (text, name) in offered.items()
            if key in possible
        ]
