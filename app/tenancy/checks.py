"""System checks for mistakes that would break isolation. `manage.py check` reports them, so a server does not start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.sites.models import Site
from django.core import checks
from django.db import models
from django.db.models.lookups import Exact
from django.db.models.sql.where import AND, WhereNode

from app.tenancy.isolation.cross_site import CurrentSiteId, is_site_related
from app.tenancy.isolation.managers import AllSitesManager, LinkingManager, SiteManager
from app.tenancy.isolation.site_related import SiteRelated

OWN_TABLES = "app.tenancy.sites.models"  # parts of a site, written only by app.tenancy.sites
EXCEPTIONS = {"all_sites": AllSitesManager, "linking": LinkingManager}
ORDER = (
    "django.middleware.security.SecurityMiddleware",
    "app.tenancy.requests.middleware.HostMiddleware",
    "app.tenancy.requests.sessions.SiteSessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "app.tenancy.requests.middleware.SessionSiteMiddleware",
    "app.tenancy.requests.streaming.StreamingMiddleware",
)


def register() -> None:
    checks.register(site_related, checks.Tags.models)
    checks.register(middleware_order, checks.Tags.security)
    checks.register(collected, checks.Tags.staticfiles, deploy=True)


def site_related(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E001 a site key outside SiteRelated · E002 uniqueness without the site · E003 an unscoped manager.

    E006 a link to a site-related model from one that is not.
    """
    wanted = {config.label for config in app_configs} if app_configs else None
    found: list[checks.CheckMessage] = []
    for model in apps.get_models():
        if wanted is not None and model._meta.app_label not in wanted:
            continue
        if issubclass(model, SiteRelated):
            found += _unique_without_site(model)
            found += _unscoped_managers(model)
        elif _has_site_key(model):
            message = "It has a foreign key to Site but is not SiteRelated: nothing binds its rows to the current site."
            hint = "Derive the model from app.tenancy.models.SiteRelated."
            found.append(checks.Error(message, hint=hint, obj=model, id="tenancy.E001"))
        else:
            found += _links_from_outside(model)
    return found


def _unscoped_managers(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    hint = "Derive it from app.tenancy.isolation.managers.SiteManager; `all_sites` is the one exception."
    # Reverse relations, forms and the admin use the default manager; Django itself uses the base manager.
    used = {"default": model._default_manager, "base": model._base_manager}
    unscoped = {
        manager.name: manager
        for manager in (*model._meta.managers, *used.values())
        if not _is_scoped(manager) and (type(manager) is not EXCEPTIONS.get(manager.name))
    }
    for name in unscoped:
        message = f"Its manager {name!r} is not a SiteManager, so its rows are visible on every site."
        yield checks.Error(message, hint=hint, obj=model, id="tenancy.E003")
    for use, exception in (("default", None), ("base", LinkingManager)):
        manager = used[use]
        if manager.name not in unscoped and not _is_scoped(manager) and type(manager) is not exception:
            message = f"Its {use} manager is {manager.name!r}, so Django reads the rows of every site where it uses it."
            yield checks.Error(message, hint=f"Remove {use}_manager_name.", obj=model, id="tenancy.E003")


def _is_scoped(manager: models.Manager[Any]) -> bool:
    return isinstance(manager, SiteManager) and _has_current_site(manager.get_queryset().query.where)


def _has_current_site(node: Any) -> bool:
    """Whether a condition holds for rows of the current site only."""
    if isinstance(node, WhereNode):
        return node.connector == AND and not node.negated and any(map(_has_current_site, node.children))
    return isinstance(node, Exact) and isinstance(node.rhs, CurrentSiteId)


def _links_from_outside(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        if field.related_model is not None and is_site_related(field.related_model):
            target = field.related_model._meta.label
            message = f"Its field {field.name!r} leads to {target}, but nothing binds its own rows to the current site."
            hint = "Derive the model from app.tenancy.models.SiteRelated."
            yield checks.Error(message, hint=hint, obj=model, id="tenancy.E006")


def _has_site_key(model: Any) -> bool:
    # contrib's own models (redirects, flatpages) use contrib.sites, which returns the current site.
    if model.__module__ == OWN_TABLES or model.__module__.startswith("django.contrib."):
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
            message = (
                f"({', '.join(group)}) is unique over all sites: one site could see what another has, or block it."
            )
            yield checks.Error(
                message, hint='Use UniqueConstraint(fields=["site", ...]).', obj=model, id="tenancy.E002"
            )


def middleware_order(**_: Any) -> list[checks.CheckMessage]:
    """E004: the host before everything that uses it; the session's choice right after authentication."""
    if [name for name in settings.MIDDLEWARE if name in ORDER] == list(ORDER):
        return []
    message = "The site middlewares in MIDDLEWARE are in a wrong order, or one is missing."
    return [checks.Error(message, hint="In this order: " + ", ".join(ORDER), id="tenancy.E004")]


def collected(**_: Any) -> list[checks.CheckMessage]:
    """W001: static files are served without hashes until `collectstatic` has run."""
    if settings.COLLECTED:
        return []
    return [checks.Warning("Static files were not collected.", hint="Run manage.py collectstatic.", id="tenancy.W001")]
