"""Templates of the current site's theme: `app/themes/<name>/templates/` comes before the apps' own templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.template.loaders import cached, filesystem

from app.themes.catalogue import DEFAULT, current_theme, templates_of


class ThemeLoader(filesystem.Loader):
    """Searches the folder of the current site's theme."""

    def get_dirs(self) -> list[Path]:  # type: ignore[override]  # the stub of the parent class declares a wider type
        return [templates_of(current_theme())]


class CachedLoader(cached.Loader):
    """Django's cached loader with the theme in every cache key."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        # SECURITY: without the theme in the key, all sites would get the template that the first site loaded.
        key = super().cache_key(template_name, skip)
        theme = current_theme()
        return key if theme == DEFAULT else f"{theme}:{key}"
