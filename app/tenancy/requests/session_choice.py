"""The site that an editor chose to work on, kept in her session."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest

from app.tenancy.directory import ARCHIVED, SiteEntry, directory
from app.tenancy.people.permissions import may_work_on

log = logging.getLogger(__name__)

KEY = "site_id"


def permitted(request: HttpRequest) -> SiteEntry | None:
    """The chosen site, if it is there and the signed-in user may work on it now; any other choice is dropped."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None  # reading an absent session would make every page vary by cookie
    value = request.session.get(KEY)
    if value is None:
        return None
    entry = directory.snapshot().sites.get(value) if type(value) is int else None
    if entry is not None and entry.state != ARCHIVED and may_work_on(request.user, entry.id):
        return entry
    log.info("Dropped the session's choice of a site that is not there or not permitted")
    del request.session[KEY]
    return None


def choose(request: HttpRequest, site: SiteEntry) -> None:
    """Remembers a choice that was found to be permitted; the host's own site needs no remembering."""
    if site.id == request.host_site.id:  # type: ignore[attr-defined]  # set by HostMiddleware
        request.session.pop(KEY, None)
    else:
        request.session[KEY] = site.id
