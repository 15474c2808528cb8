"""The second step of a sign-in, and the sign-in with a passkey alone."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.internal.decorators import login_stage_required
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from app.observability import metrics
from app.sign_in import rate_limit
from app.sign_in.client import client_address
from app.sign_in.factors.forms import CodeForm
from app.sign_in.factors.passkeys import PasskeySignInForm, SecondFactorPasskeyForm, host_of, own_host, passkeys_of
from app.sign_in.oidc.faults import NotStarted
from app.sign_in.views import InAdmin
from app.tenancy.audit.record import record_repeated
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on

log = structlog.stdlib.get_logger(__name__)
PASSKEY = "passkey"  # not "code": who asks for passkeys must not keep the codes of her whole office from being taken
stage_required = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")


class SecondFactorView(InAdmin, AuthenticateView):
    form_class = CodeForm
    webauthn_form_class = SecondFactorPasskeyForm
    template_name = "sign_in/second_factor.html"
    title = _("Second factor")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hosts = {host_of(passkey) for passkey in passkeys_of(self.stage.login.user)}
        return {
            **super().get_context_data(**kwargs),
            "has_passkey_here": own_host() in hosts,
            "other_hosts": sorted(hosts - {own_host(), ""}),
        }


@method_decorator(stage_required, name="dispatch")
class CancelView(View):
    """Ends a sign-in that waits for its second factor."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        stage: AuthenticateStage = request._login_stage  # type: ignore[attr-defined]  # set by the decorator
        response: HttpResponse = stage.abort()
        return response


@method_decorator(never_cache, name="dispatch")
class PasskeySignInView(LoginWebAuthnView):
    """GET returns what the browser has to sign, POST takes it.

    A passkey alone is two factors: the device, and the PIN or finger that it asks for.
    """

    form_class = PasskeySignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # SECURITY: without passwords the provider alone decides who signs in; it knows no passkeys of this platform.
        if not settings.PASSWORD_SIGN_IN:
            raise Http404
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        try:
            # SECURITY: each of these stores a session, for visitors that nobody knows.
            rate_limit.attempt_without_account(PASSKEY, client_address(request))
        except rate_limit.RateLimited as limited:
            return JsonResponse(
                {"message": limited.messages[0]}, status=429, headers={"Retry-After": str(limited.seconds)}
            )
        return JsonResponse({"request_options": auth.begin_authentication(user=None)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.session.is_empty():
            # SECURITY: no session has asked for a passkey, and the message of a refusal would store one.
            return self._not_begun()
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def _not_begun(self) -> HttpResponse:
        metrics.SIGN_INS_FAILED.inc()
        log.warning("Sign-in failed", reason="passkey_not_begun")
        fault = NotStarted("passkey_not_begun")
        context = {**admin.site.each_context(self.request), "title": fault.title, "fault": fault}
        return render(self.request, "sign_in/fault.html", context, status=fault.status)

    def form_valid(self, form: PasskeySignInForm) -> HttpResponse:
        login = form.login(get_next_redirect_url(self.request))
        if not may_work_on(login.user, current_site().id):
            return self._refuse(
                _("The account of this passkey has no role on %(site)s.") % {"site": current_site().name}
            )
        rate_limit.succeeded_without_account(PASSKEY, client_address(self.request))
        response: HttpResponse = flows.perform_passwordless_login(self.request, form.cleaned_data["credential"], login)
        return response

    def form_invalid(self, form: PasskeySignInForm) -> HttpResponse:
        texts = [text for errors in form.errors.values() for text in errors]
        return self._refuse(str(texts[0]))

    def _refuse(self, text: str) -> HttpResponse:
        metrics.SIGN_INS_FAILED.inc()
        log.warning("Sign-in failed", reason="passkey")
        record_repeated(Verb.SIGN_IN_FAILED)
        messages.error(self.request, text)
        return HttpResponseRedirect(resolve_url("account_login"))


second_factor = SecondFactorView.as_view()
cancel = CancelView.as_view()
passkey_sign_in = PasskeySignInView.as_view()
