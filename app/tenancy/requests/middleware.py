"""The two middlewares that feed the resolver: the host's, before sessions, and the session's, after sign-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from app.observability import metrics
from app.tenancy.current import CurrentSite, activate
from app.tenancy.directory import DirectoryUnavailable, directory
from app.tenancy.hosts.resolver import Fallbacks, HostRefused, resolve
from app.tenancy.requests import responses as answers
from app.tenancy.requests import session_choice
from app.tenancy.requests.forwarded import take_host

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def serve(request: HttpRequest, site: CurrentSite, get_response: GetResponse) -> HttpResponseBase:
    """The response, produced with `site` as the current one."""
    request.site = site  # type: ignore[assignment]  # where contrib.sites' own middleware would put a Site
    with activate(site):
        response = get_response(request)
    response.headers.setdefault("X-Site-Id", str(site.id))
    response.headers.setdefault("X-Site-Source", site.source)
    return response


class HostMiddleware:
    """Steps host, environment and setting, and the closed world around them (docs/architecture.md)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.fallbacks = Fallbacks(
            frozenset(settings.LISTED_HOSTS), settings.MEZZANINE_SITE_ID, settings.DEFAULT_SITE_ID
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            snapshot = directory.snapshot()
            host = take_host(request, snapshot)
            resolution = resolve(snapshot, host.name, self.fallbacks)
        except HostRefused as refused:
            metrics.HOSTS_REFUSED.labels(refused.reason).inc()
            return answers.refused(refused)
        except DirectoryUnavailable:
            return answers.unavailable()
        site = resolution.current
        metrics.RESOLUTIONS.labels(site.source).inc()
        request.host_site = site  # type: ignore[attr-defined]
        # The session's step answers from the same snapshot: a site that is renamed meanwhile changes neither.
        request.resolve_host = partial(resolve, snapshot, host.name, self.fallbacks)  # type: ignore[attr-defined]
        if resolution.redirects:
            return serve(request, site, lambda r: answers.to_canonical(r, site, host.port))
        if "\0" in request.path_info:
            # PostgreSQL refuses to compare it, so whatever looks a path up would answer 500.
            return serve(request, site, lambda _: answers.no_such_path())
        if answers.is_closed(site, request.path_info):
            return serve(request, site, lambda _: answers.closed(site))
        return serve(request, site, self.get_response)


class SessionSiteMiddleware:
    """Step session: an editor's choice of another site, checked again on every request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        choice = session_choice.permitted(request)
        if choice is None:
            return self.get_response(request)
        resolution = request.resolve_host(session_site=choice)  # type: ignore[attr-defined]  # set by HostMiddleware
        if resolution.current.source != "session":
            return self.get_response(request)
        response = serve(request, resolution.current, self.get_response)
        # SECURITY: what an editor sees under another site's domain must never be stored for its visitors.
        patch_cache_control(response, private=True, no_store=True)
        return response
