"""The admin site with the sign-in of this app."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from app.tenancy.admin.admin_site import SiteAdmin


class SignInAdmin(SiteAdmin):
    def has_permission(self, request: HttpRequest) -> bool:
        """Not before a required second factor is set up: the pages that set it up show nothing of the admin."""
        must_set_up = import_string("app.sign_in.factors.requirement.must_set_up")
        return super().has_permission(request) and not must_set_up(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  # Django's signature
        # By name: the view imports models, and the admin site is created before there are any.
        response: HttpResponse = import_string("app.sign_in.views.sign_in")(request)
        return response
