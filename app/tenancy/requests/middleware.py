"""The two middlewares that call the resolver: one for the host, before sessions, one for the session, after sign-in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from app.observability import metrics
from app.observability.context import note_refused_hosts
from app.tenancy.current import activate, chosen_by_request
from app.tenancy.directory import directory
from app.tenancy.hosts.resolver import HostRefused, resolve
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.language import InLanguage, of_admin, of_site
from app.tenancy.requests import responses
from app.tenancy.requests.admin_hosts import hide_admin, is_in_admin, offers_admin
from app.tenancy.requests.database import guarded
from app.tenancy.requests.forwarded import apply_forwarded_headers
from app.tenancy.requests.https import read_cookies, write_cookies
from app.tenancy.requests.sessions import permitted_choice
from app.tenancy.requests.tenancy import Tenancy, TenancyRequest, configured_fallbacks, tenancy_of
from app.tenancy.requests.theme_preview import preview_of, previewed_site, theme_fault

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
NOT_OF_A_THEME = (Http404, PermissionDenied, SuspiciousOperation, DatabaseError, InterfaceError)


def serve(request: HttpRequest, site: CurrentSite, get_response: GetResponse) -> HttpResponseBase:
    """The response, made and streamed with `site` as the current one, in its language and time zone.

    The admin, with the account and the sign-in, has the time zone of the site only: its texts are in one language.
    """
    tenancy = tenancy_of(request)
    tenancy.site = site
    language = of_admin(site) if tenancy.offers_admin and is_in_admin(request) else of_site(site)
    with activate(site), InLanguage(language):
        response = get_response(request)
    response.headers.setdefault("X-Site-Id", str(site.id))
    response.headers.setdefault("X-Site-Source", site.source)
    return response


class HostMiddleware:
    """The steps host, environment and setting, and the checks before them (docs/architecture.md)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.fallbacks = configured_fallbacks()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # SECURITY: a request has the site that the steps below choose, or none: not the one of its process.
        with chosen_by_request():
            return self.respond(request)

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        arrived, forwarded = request.META.get("HTTP_HOST", ""), request.META.get("HTTP_X_FORWARDED_HOST", "")
        try:
            snapshot = directory.snapshot()
            host = apply_forwarded_headers(request, snapshot)
            resolution = resolve(snapshot, host.name, self.fallbacks)
        except HostRefused as refusal:
            metrics.HOSTS_REFUSED.labels(refusal.reason).inc()
            note_refused_hosts(host=arrived, forwarded_host=forwarded)
            return responses.refused(refusal)
        except DirectoryUnavailable:
            return responses.unavailable()
        site = resolution.site
        metrics.count_resolution(site.source)
        tenancy = Tenancy(host.name, site, site, snapshot, self.fallbacks, offers_admin(host.name))
        cast("TenancyRequest", request).tenancy = tenancy
        if resolution.redirects or responses.needs_https(request, host.name):
            domain = site.domain if resolution.redirects else host.name
            return serve(request, site, lambda r: responses.moved(r, domain, host.port))
        if "\0" in request.path_info:
            # PostgreSQL refuses to compare a null, so any view that looks the path up would fail with 500.
            return serve(request, site, lambda _: responses.invalid_path())
        if responses.is_closed(request, tenancy):
            return serve(request, site, lambda _: responses.closed(site))
        if not tenancy.offers_admin:
            hide_admin(request)
        read_cookies(request)
        response = serve(request, site, self.get_response)
        write_cookies(request, response)
        return response


class SessionSiteMiddleware:
    """The step session: an editor's choice of another site, or the preview of a theme, checked on every request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    @guarded
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        site = self.site_of_session(request)
        if site is None:
            return self.get_response(request)
        response = serve(request, site, self.get_response)
        if tenancy_of(request).theme_preview and response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            with activate(site):
                response = theme_fault(request)
        # SECURITY: what an editor sees under another site's domain must never be stored for its visitors.
        patch_cache_control(response, private=True, no_store=True)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def site_of_session(self, request: HttpRequest) -> CurrentSite | None:
        """The site that this person's session chose; None if the one of the host is to be served."""
        tenancy = tenancy_of(request)
        if not tenancy.offers_admin:
            return None  # a session from before ADMIN_HOSTS was set may hold a choice that no page here can change
        preview = preview_of(request)
        previewed = preview and previewed_site(request, preview)
        if previewed is not None:
            tenancy.theme_preview = preview
            return previewed
        choice = permitted_choice(request)
        site = tenancy.resolve_with(choice).site if choice is not None else None
        return site if site is not None and site.source == "session" else None

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponseBase | None:
        """The theme of a preview may have faults: its author reads them, and they are no fault of the site."""
        if tenancy_of(request).theme_preview is None or isinstance(fault, NOT_OF_A_THEME):
            return None
        log.warning("A page cannot be shown with the theme of a preview", exc_info=fault)
        return theme_fault(request, fault)
