"""The settings on the front page of the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from app.site_settings.views import PERMISSION
from app.tenancy.current import current_site
from app.tenancy.sites.values.shown import settings_of


def pages(request: HttpRequest) -> list[tuple[Any, str]]:
    """Empty for a person who may not change the settings."""
    return [(_("Settings of this site"), reverse("site-settings"))] if request.user.has_perm(PERMISSION) else []


def first_steps(request: HttpRequest) -> list[tuple[Any, str]]:
    """Until the site has a logo or a tagline. Makes no query."""
    site = current_site()
    shown = settings_of(site)
    is_done = shown.logo is not None or bool(shown.tagline)
    return [] if is_done else [(_("Set name, tagline and logo"), address) for _title, address in pages(request)]
