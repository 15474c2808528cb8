"""`django.contrib.sites` agrees with the pipeline: whatever asks it which site this is gets the current one.

`settings.SITE_ID` is the current site's id, and absent without one; `Site.objects.get_current()` and
`get_current_site(request)` raise `NoCurrentSite` then. So flatpages, redirects, sitemaps, syndication and the
like are multi-tenant unchanged, and none of them ever resolves a host (which would fill `SITE_CACHE`, for ever,
with whatever hosts clients send).
"""

from __future__ import annotations

from django.conf import LazySettings
from django.contrib.sites.models import Site, SiteManager
from django.http import HttpRequest

from app.tenancy.current import current_site, current_site_or_none


def _site_id(_: LazySettings) -> int:
    site = current_site_or_none()
    if site is None:
        raise AttributeError("SITE_ID: no site is current here")
    return site.id


def _get_current(self: SiteManager, request: HttpRequest | None = None) -> Site:  # noqa: ARG001  # Django's signature
    return self._get_site_by_id(current_site().id)  # type: ignore[attr-defined,no-any-return]


def agree() -> None:
    # LazySettings keeps what it has looked up in its __dict__, so only a property of the class is asked every time.
    LazySettings.SITE_ID = property(_site_id)  # type: ignore[attr-defined]
    SiteManager.get_current = _get_current  # type: ignore[method-assign]
