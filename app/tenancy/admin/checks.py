"""System checks of the admin: which models roles may reach there, and what the address of a list finds out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.sites.models import Site
from django.core import checks
from django.db import models

from app.tenancy.admin.site_related import OfferedFilters, SuperuserPermissions
from app.tenancy.models import SiteRelated

#: Names of fields that no page shows.
SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|api_key|private_key)s?(_|$)")


def registered_models(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """What roles may do with models that have a field to `Site` and are not site-related.

    E005 open to roles, but nothing binds the rows to the current site · W002 closed, because nobody says how.
    """
    labels = {config.label for config in app_configs} if app_configs else None
    found: list[checks.CheckMessage] = []
    for model, model_admin in admin.site._registry.items():
        wanted = labels is None or model._meta.app_label in labels
        if not wanted or issubclass(model, SiteRelated) or not _has_field_to_site(model):
            continue
        hint = "Derive its admin class from app.tenancy.admin.RowsOfSiteAdmin, or from SuperusersOnly."
        if getattr(model_admin, "closed_by_default", False):
            message = "It has a field to Site and is not SiteRelated, so only superusers see it in the admin."
            found.append(checks.Warning(message, hint=hint, obj=model, id="tenancy.W002"))
        elif _is_open_everywhere(model_admin):
            message = "Its admin is open to roles and shows the rows of all sites."
            found.append(checks.Error(message, hint=hint, obj=model, id="tenancy.E005"))
    return found


def lookups(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E007 an admin class with its own `lookup_allowed()` · E008 a filter or a search by a secret.

    Either lets a value be found out that no page shows, one character after the other.
    """
    labels = {config.label for config in app_configs} if app_configs else None
    found: list[checks.CheckMessage] = []
    for model, model_admin in admin.site._registry.items():
        if labels is not None and model._meta.app_label not in labels:
            continue
        if type(model_admin).lookup_allowed is not OfferedFilters.lookup_allowed:
            message = "Its admin class decides by itself which lookups an address may contain."
            hint = "Remove lookup_allowed(), and name the filters in list_filter."
            found.append(checks.Error(message, hint=hint, obj=model, id="tenancy.E007"))
        for path in filter(_is_secret, _offered_paths(model_admin)):
            message = f"Its list can be filtered or searched by {path!r}, which no page should show."
            hint = "Remove it from list_filter, search_fields and date_hierarchy."
            found.append(checks.Error(message, hint=hint, obj=model, id="tenancy.E008"))
    return found


def _offered_paths(model_admin: admin.ModelAdmin[Any]) -> Iterator[str]:
    for item in (*model_admin.list_filter, *model_admin.search_fields, model_admin.date_hierarchy):
        path = item[0] if isinstance(item, list | tuple) else item
        if isinstance(path, str):
            yield path.lstrip("^=@")


def _is_secret(path: str) -> bool:
    return any(SECRET.search(part) for part in path.split("__"))


def _has_field_to_site(model: type[models.Model]) -> bool:
    return any(field.related_model is Site for field in (*model._meta.concrete_fields, *model._meta.many_to_many))


def _is_open_everywhere(model_admin: admin.ModelAdmin[Any]) -> bool:
    unbound = type(model_admin).get_queryset is admin.ModelAdmin.get_queryset
    return unbound and not isinstance(model_admin, SuperuserPermissions)
