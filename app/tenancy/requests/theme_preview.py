"""A superuser sees a site with another theme, or other options of its theme, before anybody else does.

What is previewed is in the session of one person on one host. No address carries it, so it cannot be passed on, and it
stays while that person follows links.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests.admin_hosts import is_in_admin
from app.tenancy.requests.tenancy import ThemePreview, tenancy_of
from app.tenancy.sites.settings import read

KEY = "theme_preview"
SECONDS = 30 * 60


def start_preview(request: HttpRequest, site_id: int, theme: str, options: Mapping[str, Any]) -> None:
    """From now on, and for half an hour, the public pages of this host are the site with this theme and options, for
    the person of this session. `options` were checked; an option without a value here has its default."""
    request.session[KEY] = [site_id, theme, dict(options), time.time() + SECONDS]


def end_preview(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def preview_of(request: HttpRequest) -> ThemePreview | None:
    """The preview that this session holds, if it has not expired and the person is a superuser now."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None  # reading an absent session would make every page vary by cookie
    stored = request.session.get(KEY)
    if stored is None:
        return None
    preview = ThemePreview(*stored)
    # SECURITY: on every request; the rights of the person may have changed since the preview began.
    permitted = request.user.is_active and request.user.is_superuser
    return preview if permitted and time.time() < preview.until else None


def previewed_site(request: HttpRequest, preview: ThemePreview) -> CurrentSite | None:
    """The site as the preview shows it; None in the admin, and for a site that does not exist."""
    entry = tenancy_of(request).snapshot.sites.get(preview.site_id)
    if entry is None or is_in_admin(request):
        return None
    stored = json.dumps({**read(entry.settings), "options": preview.options})
    return entry.chosen_by("session")._replace(theme=preview.theme, settings=stored)


def theme_fault(request: HttpRequest, fault: Exception | None = None) -> HttpResponse:
    """Instead of a page that the theme of a preview cannot show. No 5xx: the site itself has no fault."""
    message = "" if fault is None else f"{type(fault).__name__}: {fault}"
    return HttpResponse(render_to_string("tenancy/theme_fault.html", {"message": message}, request), status=422)
