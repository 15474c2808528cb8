"""The themes of this installation. Each site chooses one at run time."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from app.tenancy.current import current_site_or_none
from app.themes.definition import DEFAULT, Theme


def themes() -> Mapping[str, Theme]:
    """The shipped themes and those of `THEMES_DIRS`, by name."""
    found: Mapping[str, Theme] = settings.THEMES
    return found


def current_theme() -> Theme:
    """The current site's theme; the default theme without a site, or when the site's theme does not exist."""
    site = current_site_or_none()
    name = site.theme if site is not None else ""
    return themes().get(name) or themes()[DEFAULT]
