"""What an app from outside declares about itself. `EXTRA_APPS` names such apps; docs/extend.md shows one.

Imports nothing of the product, so an app's `apps.py` may import it before there are settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.apps import AppConfig, apps
from django.dispatch import Signal
from django.utils.module_loading import import_string
from environs import Env

#: After the transaction that added, renamed or changed a site has ended, with the site as the current one. Receivers
#: get `site`, a row of `django.contrib.sites`; the fault of a receiver is logged, and changes nothing.
site_created = Signal()
#: The domain changed: `old_domain`.
site_renamed = Signal()
#: Active, suspended or archived: `old_state`, `new_state`.
site_state_changed = Signal()
#: The state is archived now; comes after `site_state_changed`.
site_archived = Signal()

#: The groups of the admin's front page: content, people, this site, and what is above the sites.
ADMIN_GROUPS = ("content", "people", "site", "platform")


class SiteAppConfig(AppConfig):
    """An app of a multi-site platform. Every attribute may be left out; dotted names are imported when needed."""

    # Django takes the one AppConfig of an apps.py, and this class is imported there, too.
    default = False

    #: The versions of the platform that the app works with, such as ">=0.1,<0.3" (PEP 440). No process starts with
    #: another one.
    requires: ClassVar[str] = ""
    #: Whether the app is off on all sites but those that have its label in `apps` of their settings.
    per_site: ClassVar[bool] = False
    #: Where the app's URLs are, such as "events/". They come before pages, so a page with this path is not reached.
    url_prefix: ClassVar[str] = ""
    #: The module with `urlpatterns`; by default `urls` of the app.
    urls: ClassVar[str] = ""
    #: Classes of `health_check.base.HealthCheck`, for `/healthz`. What a warning or an error says is public.
    health_checks: ClassVar[Sequence[str]] = ()
    #: Functions that return Prometheus metrics. They run in a thread, at most every ten seconds.
    metrics: ClassVar[Sequence[str]] = ()
    #: Functions of a request that return safe HTML for the overview of a site in the admin, or an empty string for
    #: users who may not see it.
    panels: ClassVar[Sequence[str]] = ()
    #: Functions of a request that return what is still to do on a new site, for the same page: a list of
    #: `(text, url)`, empty when it is done, or for users who may not do it.
    first_steps: ClassVar[Sequence[str]] = ()
    #: Functions of a request that return pages of the app in the admin that are no list of a model: a list of
    #: `(title, url)`, with what the user may open.
    admin_pages: ClassVar[Sequence[str]] = ()
    #: Where these pages, and the lists of the app's models, are on that page: one of `ADMIN_GROUPS`. What only
    #: superusers may use is below "Platform", whatever this says.
    admin_group: ClassVar[str] = "content"
    #: Classes of `django.contrib.sitemaps.Sitemap`, for `/sitemap.xml`. What they list is on the current site.
    sitemaps: ClassVar[Sequence[str]] = ()
    #: Functions that return the pages of the app that a link in the menus may lead to on the current site: a list of
    #: `(key, title, url)`. They may depend on nothing but the site and its content.
    menu_targets: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "default" not in vars(cls):
            cls.default = True

    @classmethod
    def read_settings(cls, env: Env) -> Mapping[str, Any]:  # noqa: ARG003  # for subclasses
        """The app's own settings, by name in capital letters, read from the environment. The models do not exist yet.

        `env` also reads `NAME_FILE`; a bad value is reported by name, together with all others.

        `return {"EVENTS_PER_PAGE": env.int("EVENTS_PER_PAGE", 20)}`
        """
        return {}

    @property
    def url_module(self) -> str:
        return self.urls or f"{self.name}.urls"


def site_apps() -> list[SiteAppConfig]:
    """The installed apps that declare something, the product's own among them."""
    return [config for config in apps.get_app_configs() if isinstance(config, SiteAppConfig)]


def declared(attribute: str) -> list[Any]:
    """What all apps name in an attribute, imported."""
    return [import_string(name) for config in site_apps() for name in getattr(config, attribute)]
