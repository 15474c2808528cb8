"""Both ends of the visit to the provider. Each is on the host, and in the session, of the site to sign in on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal.statekit import STATE_TTL
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.observability import metrics
from app.observability.text import escaped
from app.sign_in import rate_limit
from app.sign_in.client import client_address
from app.sign_in.oidc import roles
from app.sign_in.oidc.accounts import account_of
from app.sign_in.oidc.claims import person_of
from app.sign_in.oidc.faults import InvalidResponse, NotStarted, Refused, SignInFault, TooManyAttempts
from app.sign_in.oidc.provider import Provider, exchange, metadata
from app.sign_in.oidc.tokens import claims_of
from app.tenancy.audit.signals import record_failed_sign_in
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on

log = structlog.stdlib.get_logger(__name__)
KIND = "oidc"
View = Callable[[HttpRequest], HttpResponse]


def explained(view: View) -> View:
    """404 without a provider; a page and a line in the log for each `SignInFault`."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_URL:
            raise Http404
        try:
            return view(request)
        except SignInFault as raised:
            fault = raised
        metrics.SIGN_INS_FAILED.inc()
        log.warning("Sign-in failed", reason=f"oidc_{fault.reason}")
        if isinstance(fault, Refused):
            record_failed_sign_in(fault.username)
        page = _page(request, "sign_in/fault.html", title=fault.title, fault=fault)
        page.status_code = fault.status
        if fault.retry_after is not None:
            page.headers["Retry-After"] = str(fault.retry_after)
        return page

    return wrapped


@require_POST
@explained
def start(request: HttpRequest) -> HttpResponse:
    """A page that leads to the provider. A redirect would not do: `form-action` of a Content-Security-Policy holds for
    every redirect after a form, and where the provider leads to is its own business."""
    try:
        # SECURITY: each of these stores a session, for visitors that nobody knows.
        rate_limit.attempt_without_account(KIND, client_address(request))
    except rate_limit.RateLimited as limited:
        raise TooManyAttempts(limited.messages[0], limited.seconds) from None
    if request.session.is_empty():
        request.session.set_expiry(STATE_TTL)  # a visit that does not come back leaves nothing for weeks
    address = Provider(request).address_to_visit(get_next_redirect_url(request))
    title = _("Log in with %(name)s") % {"name": settings.OIDC_NAME or _("single sign-on")}
    return _page(request, "sign_in/to_provider.html", title=title, address=address)


@require_GET
@explained
def callback(request: HttpRequest) -> HttpResponse:
    provider = Provider(request)
    try:
        # SECURITY: a state is in the session of one browser on one site, for ten minutes, and works once.
        state = provider.unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied:
        raise NotStarted("state") from None
    request.session.set_expiry(None)
    if error := request.GET.get("error"):
        raise _refusal(error)
    found = metadata()
    tokens = exchange(request, found, request.GET.get("code", ""), state["pkce_code_verifier"])
    claims = claims_of(found, tokens, state["nonce"])
    identifier = _prepare(claims)
    rate_limit.succeeded_without_account(KIND, client_address(request))
    login = SocialLogin(account=SocialAccount(provider=provider.sub_id, uid=identifier), provider=provider)
    login.state = state
    response: HttpResponse = complete_social_login(request, login)
    return response


def _prepare(claims: dict[str, Any]) -> str:
    """The identifier of a person whose account may sign in on this site. Raises `Refused`."""
    person = person_of(claims)
    given = roles.claimed_roles(claims) if settings.OIDC_ROLES_CLAIM else {}
    user = account_of(person, may_create=settings.OIDC_CREATE_USERS and bool(given))
    if settings.OIDC_ROLES_CLAIM:
        roles.give(user, given)
    if not may_work_on(user, current_site().id):
        text = _("%(username)s has no role on %(site)s. An administrator of this site can give you a role.")
        raise Refused(
            "no_role", text % {"username": user.username, "site": current_site().name}, username=user.username
        )
    return person.identifier


def _refusal(error: str) -> SignInFault:
    if error == "access_denied":
        return Refused("access_denied", _("You cancelled, or the sign-in service does not let you in here."))
    log.warning("The provider refused the request", error=escaped(error, 80))
    return InvalidResponse("error")


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
