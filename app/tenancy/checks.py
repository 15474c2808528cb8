"""System checks for mistakes that would break isolation. `manage.py check` reports them, so a server does not start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.sites.models import Site
from django.core import checks
from django.db import models

from app.tenancy.isolation.managers import SiteManager
from app.tenancy.models import Alias, SiteProfile, SiteRelated

PARTS_OF_A_SITE = {SiteProfile, Alias}
ORDER = (
    "app.tenancy.requests.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "app.tenancy.requests.sessions.SiteSessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "app.tenancy.requests.middleware.SessionSiteMiddleware",
)


def register() -> None:
    checks.register(site_related, checks.Tags.models)
    checks.register(middleware_order, checks.Tags.security)
    checks.register(collected, checks.Tags.staticfiles, deploy=True)


def site_related(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E001 a site key outside SiteRelated · E002 uniqueness without the site · E003 an unscoped default manager."""
    wanted = {config.label for config in app_configs} if app_configs else None
    found: list[checks.CheckMessage] = []
    for model in apps.get_models():
        if wanted is not None and model._meta.app_label not in wanted:
            continue
        if issubclass(model, SiteRelated):
            found += _unique_without_site(model)
            if not issubclass(type(model._default_manager), SiteManager):
                found.append(checks.Error(
                    "Its default manager is not a SiteManager, so its rows are visible on every site.",
                    hint="Derive it from app.tenancy.isolation.managers.SiteManager.", obj=model, id="tenancy.E003",
                ))  # fmt: skip
        elif _has_site_key(model):
            found.append(checks.Error(
                "It has a foreign key to Site but is not SiteRelated, so nothing binds its rows to the current site.",
                hint="Derive the model from app.tenancy.models.SiteRelated.", obj=model, id="tenancy.E001",
            ))  # fmt: skip
    return found


def _has_site_key(model: Any) -> bool:
    # contrib's own models (redirects, flatpages) use contrib.sites, which returns the current site.
    if model in PARTS_OF_A_SITE or model.__module__.startswith("django.contrib."):
        return False
    return any(
        isinstance(field, models.ForeignKey) and field.related_model is Site for field in model._meta.concrete_fields
    )


def _unique_without_site(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    meta = model._meta
    groups: list[tuple[str, ...]] = [tuple(group) for group in meta.unique_together]
    groups += [tuple(c.fields) for c in meta.constraints if isinstance(c, models.UniqueConstraint) and c.fields]
    groups += [(field.name,) for field in meta.concrete_fields if field.unique and not field.primary_key]
    for group in groups:
        if "site" not in group:
            yield checks.Error(
                f"({', '.join(group)}) is unique over all sites: one site could see what another has, or block it.",
                hint='Use UniqueConstraint(fields=["site", ...]).', obj=model, id="tenancy.E002",
            )  # fmt: skip


def middleware_order(app_configs: object = None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001  # Django's signature
    """E004: the host before everything that uses it; the session's choice right after authentication."""
    present = [name for name in settings.MIDDLEWARE if name in ORDER]
    if present == list(ORDER):
        return []
    return [checks.Error(
        "The site middlewares in MIDDLEWARE are in a wrong order, or one is missing.",
        hint="In this order: " + ", ".join(ORDER), id="tenancy.E004",
    )]  # fmt: skip


def collected(app_configs: object = None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001  # Django's signature
    """W001: static files are served without hashes until `collectstatic` has run."""
    if settings.COLLECTED:
        return []
    return [checks.Warning("Static files were not collected.", hint="Run manage.py collectstatic.", id="tenancy.W001")]
