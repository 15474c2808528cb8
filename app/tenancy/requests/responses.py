"""Responses that the host alone decides: refused hosts, redirects to the canonical domain, closed sites."""

from __future__ import annotations

import functools

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from app.tenancy.hosts.resolver import BadHost, ConflictingHosts, HostRefused, UnknownHost
from app.tenancy.hosts.snapshot import ACTIVE, ARCHIVED, CurrentSite
from app.tenancy.requests.admin_hosts import is_in_admin
from app.tenancy.requests.https import requires_https
from app.tenancy.requests.tenancy import Tenancy
from app.tenancy.sites.values.shown import settings_of

#: Title and text of the page for each reason to refuse a host.
REFUSALS = {
    BadHost.reason: (gettext_lazy("Not an address"), gettext_lazy("The host of this request is not a valid host name.")),
    ConflictingHosts.reason: (
        gettext_lazy("Two addresses in one request"),
        gettext_lazy(
            "Host and X-Forwarded-Host name two different sites, or only Host names one; or the request line names "
            "another host. The proxy should overwrite all of them."
        ),
    ),
    UnknownHost.reason: (gettext_lazy("No site here"), gettext_lazy("No site is configured for this address.")),
}
NO_WORDS = ("", "")
RETRY_AFTER_SECONDS = "600"
# Browsers keep a permanent redirect for good; after a domain was changed and changed back, two would make a loop.
REDIRECT_AGE = "max-age=60"


def refused(refusal: HostRefused) -> HttpResponse:
    """In the operator's language; an unknown host in the operator's own words, if the settings have some."""
    own = (settings.UNKNOWN_HOST_TITLE, settings.UNKNOWN_HOST_TEXT) if isinstance(refusal, UnknownHost) else NO_WORDS
    text = _refusal(refusal.reason, *own, settings.UNKNOWN_HOST_LANGUAGE)
    return HttpResponse(text, status=refusal.status, headers={"Cache-Control": "no-store"})


def marker_of(refusal: type[HostRefused]) -> str:
    """Is in the page of this refusal and in no other, whatever its words and its language are."""
    return f'data-reason="{refusal.reason}"'


def invalid_path() -> HttpResponse:
    return page(_("Not found"), _("There is no page at this address."), 404)


def unavailable() -> HttpResponse:
    """This process has not been able to read the directory of sites yet."""
    response = page(_("Starting"), _("The sites are not loaded yet. Please try again in a moment."), 503)
    response.headers["Retry-After"] = "5"
    return response


def database_away(*, changes: bool) -> HttpResponse:
    """The database was lost during this request; with `changes` the request may have changed something before."""
    text = _("This page cannot be shown at the moment. Please try again soon.")
    if changes:
        text = _("The database was lost while your change was being saved. Check whether it was before you try again.")
    response = page(_("Back soon"), text, 503)
    response.headers["Retry-After"] = "5"
    return response


def read_only() -> HttpResponse:
    text = _("This site can be read but not changed. Nothing was saved.")
    response = page(_("No changes at the moment"), text, 503)
    response.headers["Retry-After"] = "5"
    return response


def is_closed(request: HttpRequest, tenancy: Tenancy) -> bool:
    """Whether visitors get 503 or 410: the site is not active, and the path is not its admin's."""
    if tenancy.site.state == ACTIVE or request.path_info.startswith(settings.STATIC_URL):
        return False
    return not (tenancy.offers_admin and is_in_admin(request))


def closed(site: CurrentSite) -> HttpResponseBase:
    """410 for an archived site, 503 for a suspended one; in the words of the site, if it has some."""
    own = settings_of(site).messages.get(site.state, {})
    if site.state == ARCHIVED:
        return page(own.get("title", _("Gone")), own.get("text", _("This site has been closed.")), 410)
    text = own.get("text", _("This site is temporarily out of service."))
    response = page(own.get("title", _("Back soon")), text, 503)
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
    """A small page of the platform, in the current language, never stored. `text` is plain; its line ends are kept."""
    content = _notice(title, text, get_language())
    return HttpResponse(content, status=status, headers={"Cache-Control": "no-store"})


# A request for an unknown host, or a closed site, renders no template: robots request them often.
@functools.lru_cache(maxsize=256)
def _notice(title: str, text: str, _language: str) -> str:
    return render_to_string("tenancy/notice.html", {"title": title, "text": text})


@functools.lru_cache(maxsize=16)
def _refusal(reason: str, title: str, text: str, language: str) -> str:
    with override(language):
        default_title, default_text = REFUSALS[reason]
        words = {"title": title or default_title, "text": text or default_text}
        return render_to_string("tenancy/notice.html", {**words, "reason": reason})
