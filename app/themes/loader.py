"""Templates of the current site's theme: `app/themes/<name>/templates/` comes before the apps' own templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.template import Origin
from django.template.loaders import cached, filesystem

from app.themes.catalogue import DEFAULT, current_theme, templates_of


class ThemeLoader(filesystem.Loader):
    """Looks in the folder of the current site's theme."""

    def get_dirs(self) -> list[Path]:  # type: ignore[override]  # the parent's stub says a wider type
        return [templates_of(current_theme())]

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        yield from super().get_template_sources(template_name)


class CachedLoader(cached.Loader):
    """Django's cached loader, which knows no themes, with the theme in every key."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        # SECURITY: without the theme the first site's template would be served to every other.
        key = super().cache_key(template_name, skip)
        theme = current_theme()
        return key if theme == DEFAULT else f"{theme}:{key}"
