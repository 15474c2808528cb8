"""The themes that a site may have, and their options; registered by the app that provides themes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.sites.theme_options import ThemeOption, Value, properties, values


class SiteTheme(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def options(self) -> tuple[ThemeOption, ...]: ...


_registered: list[tuple[Callable[[], Mapping[str, SiteTheme]], str]] = []


def register_themes(source: Callable[[], Mapping[str, SiteTheme]], default: str) -> None:
    """Sets where themes come from, and which one a site has without a choice. Register in `AppConfig.ready`."""
    _registered[:] = [(source, default)]


def themes() -> Mapping[str, SiteTheme]:
    [(source, _)] = _registered
    return source()


def theme_names() -> list[str]:
    return sorted(themes())


def theme_of(name: str) -> SiteTheme:
    """The theme that a site with this name shows: the default one for an empty name, and for a theme that is gone."""
    [(source, default)] = _registered
    found = source()
    return found.get(name) or found[default]


def option_values(site: CurrentSite) -> Mapping[str, Value]:
    """The options of a site's theme, by name, with the site's own values or the defaults. No query."""
    return values(theme_of(site.theme).options, site.settings)


def option_properties(site: CurrentSite) -> str:
    """The same as declarations of CSS, `--option-NAME`; empty without an option."""
    return properties(theme_of(site.theme).options, site.settings)
