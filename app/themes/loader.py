"""Templates of the current site's theme and of its ancestors; they come before the apps' own templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loaders import base, cached, filesystem

from app.themes.catalogue import current_theme


class ThemeLoader(filesystem.Loader):
    """Searches the folders of the current site's theme, of its parents, and of the default theme.

    So a template of a theme may extend the one of the same name that its parent has.
    """

    def get_dirs(self) -> list[Path]:  # type: ignore[override]  # the stub of the parent class declares a wider type
        return [theme.templates for theme in current_theme().chain]


class CachedLoader(cached.Loader):
    """Django's cached loader with the theme and its ancestors in every cache key; with DEBUG it keeps nothing."""

    def get_template(self, template_name: str, skip: Any = None) -> Any:
        if settings.DEBUG:
            return base.Loader.get_template(self, template_name, skip)
        return super().get_template(template_name, skip)

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        # SECURITY: without the themes in the key, all sites would get the template that the first site loaded.
        chain = ">".join(theme.name for theme in current_theme().chain)
        return f"{chain}:{super().cache_key(template_name, skip)}"
