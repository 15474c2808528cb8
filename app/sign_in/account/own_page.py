"""What all pages of one's own account have in common."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from app.accounts.models import User
from app.sign_in.views import InAdmin
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on


class OwnPage(InAdmin):
    """A page of a signed-in person with a role on this site. Nothing stores it.

    Where a second factor is required and missing, `RequiredFactorMiddleware` opens only pages with `sets_up`. Pages
    that are `sensitive` ask for the password, or a code, unless the person has given one in the last five minutes.
    """

    sets_up = False
    sensitive = False

    @property
    def person(self) -> User:
        return cast("User", self.request.user)

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_work_on(request.user, current_site().id):
            return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
        if self.sensitive and is_reauthentication_required(request, app="allauth.mfa"):
            # Not allauth's own redirect, which stores the request with its headers and what was typed in the session.
            methods = get_adapter().get_reauthentication_methods(request.user)
            return redirect_to_login(request.path, methods[0]["url"])
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # of the view
        return response
