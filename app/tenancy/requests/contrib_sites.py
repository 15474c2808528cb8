"""`django.contrib.sites` returns the current site to any code that asks it for one.

`settings.SITE_ID` is the current site's id, and absent without one; `Site.objects.get_current()` and
`get_current_site(request)` raise `NoCurrentSite` then. So flatpages, redirects, sitemaps, syndication and the
like work per site without changes, and none of them resolves a host (which would fill the unbounded
`SITE_CACHE` with the hosts that clients send).
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


def patch_contrib_sites() -> None:
    """A monkeypatch of two names that Django reads: `settings.SITE_ID` and `Site.objects.get_current`."""
    # LazySettings keeps what it has looked up in its __dict__, so only a property of the class is read each time.
    LazySettings.SITE_ID = property(_site_id)  # type: ignore[attr-defined]
    SiteManager.get_current = _get_current  # type: ignore[method-assign]
