"""Responses that the host alone decides: refused hosts, redirects to the canonical domain, closed sites."""

from __future__ import annotations

import functools

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from app.tenancy.hosts.resolver import HostRefused
from app.tenancy.hosts.snapshot import ACTIVE, ARCHIVED, CurrentSite
from app.tenancy.requests.admin_hosts import is_in_admin
from app.tenancy.requests.https import requires_https
from app.tenancy.requests.tenancy import Tenancy

RETRY_AFTER_SECONDS = "600"
# Browsers keep a permanent redirect for good; after a domain was changed and changed back, two would make a loop.
REDIRECT_AGE = "max-age=60"


def refused(refusal: HostRefused) -> HttpResponse:
    return page(refusal.title, refusal.text, refusal.status)


def invalid_path() -> HttpResponse:
    return page("Not found", "There is no page at this address.", 404)


def unavailable() -> HttpResponse:
    """This process has not been able to read the directory of sites yet."""
    response = page("Starting", "The sites are not loaded yet. Please try again in a moment.", 503)
    response.headers["Retry-After"] = "5"
    return response


def database_away(*, changes: bool) -> HttpResponse:
    """The database was lost during this request; with `changes` the request may have changed something before."""
    text = "This page cannot be shown at the moment. Please try again soon."
    if changes:
        text = "The database was lost while your change was being saved. Check whether it was before you try again."
    response = page("Back soon", text, 503)
    response.headers["Retry-After"] = "5"
    return response


def read_only() -> HttpResponse:
    response = page("No changes at the moment", "This site can be read but not changed. Nothing was saved.", 503)
    response.headers["Retry-After"] = "5"
    return response


def is_closed(request: HttpRequest, tenancy: Tenancy) -> bool:
    """Whether visitors get 503 or 410: the site is not active, and the path is not its admin's."""
    if tenancy.site.state == ACTIVE or request.path_info.startswith(settings.STATIC_URL):
        return False
    return not (tenancy.offers_admin and is_in_admin(request))


def closed(site: CurrentSite) -> HttpResponseBase:
    """410 for an archived site, 503 for a suspended one."""
    if site.state == ARCHIVED:
        return page("Gone", "This site has been closed.", 410)
    response = page("Back soon", "This site is temporarily out of service.", 503)
    response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def needs_https(request: HttpRequest, host: str) -> bool:
    return requires_https(host) and not request.is_secure()


def moved(request: HttpRequest, domain: str, port: int | None) -> HttpResponse:
    """Redirects to the same path and query on a domain: from an alias to the site's own, from http to https."""
    upgrade = needs_https(request, domain)
    scheme = "https" if upgrade else request.scheme
    suffix = "" if port is None or upgrade else f":{port}"  # https is not served on the port of http
    # 301 lets clients turn a POST into a GET, 308 does not.
    status = 301 if request.method in {"GET", "HEAD"} else 308
    location = f"{scheme}://{domain}{suffix}{request.get_full_path()}"
    return HttpResponse(status=status, headers={"Location": location, "Cache-Control": REDIRECT_AGE})


def page(title: str, text: str, status: int) -> HttpResponse:
    """A small page of the platform, never stored."""
    return HttpResponse(_notice(title, text), status=status, headers={"Cache-Control": "no-store"})


@functools.lru_cache(maxsize=64)  # the texts of this module: a request for an unknown host renders no template
def _notice(title: str, text: str) -> str:
    return render_to_string("tenancy/notice.html", {"title": title, "text": text})
