"""Apps that are on for some sites only: `per_site` of their AppConfig, and `apps` in the settings of a site.

Where such an app is off, its URLs match nothing, its models are not in the admin, it shows no panel, and commands of it
skip the site. Its rows stay.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.urls.resolvers import RoutePattern, URLPattern, URLResolver
from django.utils.module_loading import import_string

from app.extension import site_apps
from app.tenancy.current import current_site_or_none
from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import CurrentSite, SiteEntry
from app.tenancy.sites.settings import read


@cache
def per_site_apps() -> dict[str, str]:
    """The apps that are on or off per site: label → title."""
    return {config.label: str(config.verbose_name) for config in site_apps() if config.per_site}


def is_on(label: str, site: CurrentSite | SiteEntry | None = None) -> bool:
    """Whether a site, by default the current one, has the app with this label. Makes no query.

    An app that is not `per_site` is on everywhere; without a site, the others are off.
    """
    if label not in per_site_apps():
        return True
    site = site or current_site_or_none()
    apps = read(site.settings).get("apps", ()) if site is not None else ()
    return isinstance(apps, list | tuple) and label in apps


def sites_with(label: str) -> list[SiteEntry]:
    """The active sites that have the app, in the order of their ids."""
    return [site for site in directory.snapshot().active() if is_on(label, site)]


def declared_here(attribute: str) -> list[Any]:
    """What the apps of the current site name in an attribute of their AppConfig, imported."""
    return [value for _, value in labelled_here(attribute)]


def labelled_here(attribute: str) -> list[tuple[str, Any]]:
    """As `declared_here`, each with the label of its app."""
    return [(label, value) for label, value in _declared(attribute) if is_on(label)]


@cache
def _declared(attribute: str) -> tuple[tuple[str, Any], ...]:
    return tuple((config.label, import_string(name)) for config in site_apps() for name in getattr(config, attribute))


def clean_apps(raw: Any) -> list[str]:
    """The labels of a site's apps. Raises `ValidationError`."""
    if not isinstance(raw, list) or not all(isinstance(label, str) for label in raw):
        raise ValidationError("settings.apps: must be a list of labels of apps.")
    known = ", ".join(sorted(per_site_apps())) or "none"
    unknown = [label for label in raw if label not in per_site_apps()]
    if unknown:
        raise ValidationError(
            [f"settings.apps: {label!r} is not an app per site. Apps per site: {known}." for label in unknown]
        )
    return sorted(set(raw))


class RouteOfApp(RoutePattern):
    """Matches only on sites that have the app."""

    def __init__(self, label: str, route: str) -> None:
        super().__init__(route)
        self.label = label

    def match(self, path: str) -> Any:
        return super().match(path) if is_on(self.label) else None


def routed_where_on(label: str, pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    """The URLs below a pattern exist only on sites that have the app."""
    if label in per_site_apps():
        pattern.pattern = RouteOfApp(label, str(pattern.pattern))
    return pattern
