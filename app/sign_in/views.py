from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from app.sign_in.factors.requirement import must_set_up
from app.sign_in.forms import SignInForm
from app.sign_in.rate_limit import RateLimited
from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on


class InAdmin:
    """A view of allauth in the looks of the admin; a form over the rate limit is 429 with `Retry-After`."""

    title: Any = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]  # of allauth's view
        return {**context, "title": self.title, **admin.site.each_context(self.request)}

    def form_invalid(self, form: forms.BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # of allauth's view
        waits = [e.seconds for errors in form.errors.as_data().values() for e in errors if isinstance(e, RateLimited)]
        if waits:
            response.status_code = 429
            response.headers["Retry-After"] = str(max(waits))
        return response


class SignInView(InAdmin, LoginView):
    form_class = SignInForm
    template_name = "admin/login.html"
    title = _("Log in")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"password_sign_in": settings.PASSWORD_SIGN_IN, "single_sign_on": bool(settings.OIDC_URL)}
        given = super().get_context_data(**kwargs)
        leads_to = given["redirect_field_value"] or ""
        # Visitors come from a page of the site, everybody else from the admin or from nowhere.
        from_page = leads_to.startswith("/") and not leads_to.startswith(reverse("admin:index"))
        return {**given, **context, "provider": settings.OIDC_NAME, "from_page": from_page}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "GET" and admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method == "GET" and must_set_up(request.user) and may_work_on(request.user, current_site().id):
            return HttpResponseRedirect(reverse("factors"))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


sign_in = SignInView.as_view()
