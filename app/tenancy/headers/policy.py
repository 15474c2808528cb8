"""What browsers may load, run and use on the pages of the platform, as header values.

The policy of a public page is the same for everyone and on every page of a site, so a page cache may store it: no
nonces. Pages of the admin do not get what a site adds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase

from app.tenancy.headers.inline_styles import EDITOR_HASH, NOTICE, hash_of
from app.tenancy.headers.rules import FEATURES, SiteHeaders, Sources, clean_headers
from app.tenancy.sites.settings import read
from app.tenancy.sites.values import analytics
from app.tenancy.sites.values.shown import analytics_of
from app.tenancy.text_cache import kept_by_text

log = logging.getLogger(__name__)

SELF, NONE = "'self'", "'none'"
BASE: Sources = {
    "default-src": (SELF,),
    "script-src": (SELF,),
    "style-src": (SELF, hash_of(NOTICE)),
    "img-src": (SELF, "data:"),  # icons are data: URLs
    "object-src": (NONE,),
    "base-uri": (NONE,),
    "form-action": (SELF,),
    "frame-ancestors": (NONE,),
}
_ADDED = "_added_sources"  # an attribute of a response


@kept_by_text
def site_headers(stored: str) -> SiteHeaders:
    """What a site's settings (as JSON) say of its headers. What was stored without its check, and fails it, has no
    effect."""
    try:
        headers = read(stored).get("headers")
        return SiteHeaders() if headers is None else clean_headers(headers)
    except ValidationError as fault:
        log.error("The headers of a site's settings are not used: %s", fault)
        return SiteHeaders()


@kept_by_text
def public_policy(style: str, stored: str) -> str:
    """Content-Security-Policy of the public pages of a site, from its inline style and its settings as JSON."""
    own = _extended(_with_style(style), site_headers(stored).content_security_policy)
    return _written(_extended(own, analytics.sources_of(analytics_of(stored))))


def admin_policy(style: str, added: Sources) -> str:
    """Content-Security-Policy of the admin, with the sources that one response adds."""
    return _written(_extended(_extended(_with_style(style), {"style-src": (EDITOR_HASH,)}), added))


@kept_by_text
def preview_policy(style: str, stored: str) -> str:
    """Content-Security-Policy of a page that a form of the admin shows in a frame, as it would be after saving.

    It loads what the public pages of the site may load. Nothing in it runs, is sent, or opens; its origin stays that of
    the host, without which its pictures would be requested without the session.
    """
    policy = _extended(_with_style(style), site_headers(stored).content_security_policy)
    closed = {"script-src": (NONE,), "form-action": (NONE,), "frame-ancestors": (SELF,)}
    return _written({**policy, **closed}) + "; sandbox allow-same-origin"


@kept_by_text
def permissions_policy(stored: str) -> str:
    """Permissions-Policy: no feature, except those that a site's settings (as JSON) allow."""
    allowed = site_headers(stored).permissions_policy
    return ", ".join(f"{name}=({' '.join(_origin(o) for o in allowed.get(name, ()))})" for name in FEATURES)


def strict_transport_security(headers: SiteHeaders, platform_seconds: int) -> str:
    """The value for a site that has a say in it; empty if it has none."""
    seconds = platform_seconds if headers.hsts_seconds is None else headers.hsts_seconds
    if headers.hsts_seconds is None and not (headers.hsts_include_subdomains and seconds):
        return ""
    value = f"max-age={seconds}"
    if headers.hsts_include_subdomains:
        value += "; includeSubDomains"
    return value + "; preload" if headers.hsts_preload else value


def add_sources(response: HttpResponseBase, directive: str, *sources: str) -> None:
    """Adds sources to the policy of one response of the admin, for example the provider's origin for a sign-in."""
    added = added_sources(response)
    vars(response)[_ADDED] = {**added, directive: (*added.get(directive, ()), *sources)}


def added_sources(response: HttpResponseBase) -> Sources:
    found: Sources = vars(response).get(_ADDED, {})
    return found


def _with_style(style: str) -> Sources:
    return _extended(BASE, {"style-src": (hash_of(style),)}) if style else BASE


def _extended(policy: Sources, added: Sources) -> Sources:
    """The policy with more sources. A directive that it lacks starts with 'self', as `default-src` says."""
    extended: dict[str, tuple[str, ...]] = dict(policy)
    for directive, sources in added.items():
        present = [source for source in extended.get(directive, (SELF,)) if source != NONE]
        extended[directive] = tuple(dict.fromkeys([*present, *sources])) or (NONE,)
    return extended


def _written(policy: Mapping[str, Iterable[str]]) -> str:
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def _origin(origin: str) -> str:
    return origin if origin == "self" else f'"{origin}"'
