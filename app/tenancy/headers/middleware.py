"""The security headers that depend on the site and the host of a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from app.tenancy.headers import inline_styles, policy
from app.tenancy.headers.rules import SiteHeaders
from app.tenancy.requests.admin_hosts import is_in_admin
from app.tenancy.requests.https import requires_https
from app.tenancy.requests.tenancy import Tenancy

CSP = "Content-Security-Policy"
HSTS = "Strict-Transport-Security"


class HeadersMiddleware:
    """Outside of HostMiddleware: redirects, closed sites and refused hosts have these headers too.

    Inside of Django's SecurityMiddleware and XFrameOptionsMiddleware, which keep what is set here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Absent when the host was refused.
        tenancy: Tenancy | None = getattr(request, "tenancy", None)
        style = inline_styles.of_site(tenancy.site) if tenancy else ""
        # A redirect to another host and a closed site have reached no view; what they contain is the same everywhere.
        in_admin = tenancy is not None and tenancy.offers_admin and is_in_admin(request) and request.resolver_match
        # SECURITY: what a site's own settings allow never counts in the admin, where people of other sites work too.
        stored = tenancy.site.settings if tenancy and not in_admin else ""
        if in_admin:
            content_security_policy = policy.admin_policy(style, policy.added_sources(response))
        else:
            content_security_policy = policy.public_policy(style, stored)
        if not (settings.DEBUG and response.status_code in {404, 500}):  # Django's debug pages have inline scripts
            response.headers.setdefault(CSP, content_security_policy)
        response.headers.setdefault("Permissions-Policy", policy.permissions_policy(stored))
        # A redirect and a closed site have reached no view, and static files are the same everywhere.
        if tenancy and request.resolver_match and (in_admin or not tenancy.is_canonical):
            response.headers.setdefault("X-Robots-Tag", "noindex")
        if policy.site_headers(stored).content_security_policy.get("frame-ancestors"):
            _allow_frames(response)
        if tenancy and request.is_secure():
            _set_hsts(response, tenancy)
        return response


def _set_hsts(response: HttpResponseBase, tenancy: Tenancy) -> None:
    """Where neither the host nor the site has a say, SecurityMiddleware sets the platform's value."""
    if settings.REDIRECT_TO_HTTPS and not requires_https(tenancy.host):
        response.headers[HSTS] = "max-age=0"  # a host that is served without TLS must stay reachable
        return
    # Only on a host of the site: a listed host shows a site, and its subdomains are not the site's.
    owner = tenancy.host_site
    headers = policy.site_headers(owner.settings) if owner.source == "host" else SiteHeaders()
    value = policy.strict_transport_security(headers, settings.SECURE_HSTS_SECONDS)
    if value:
        response.headers[HSTS] = value


def _allow_frames(response: Any) -> None:  # Any: Django's decorators set the same attribute, which is in no stub
    """Without X-Frame-Options, which knows no list of origins, browsers read `frame-ancestors` alone."""
    response.xframe_options_exempt = True
