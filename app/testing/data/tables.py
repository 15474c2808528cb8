"""Which models have rows of a site, and which ways lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.db import models

from app.tenancy.models import Alias, SiteProfile, SiteRelated

#: Written with the site itself (app.tenancy.sites.write).
PARTS_OF_A_SITE = (Site, SiteProfile, Alias)


def site_related() -> list[Any]:
    return [model for model in apps.get_models() if issubclass(model, SiteRelated) and is_table(model)]


@cache
def with_rows_of_a_site() -> list[Any]:
    """Site-related models, accounts, and every model that leads to one of them or to `Site`, by foreign keys."""
    found: set[Any] = {*site_related(), get_user_model(), Site}
    others = [model for model in apps.get_models() if is_table(model) and model not in PARTS_OF_A_SITE]
    grown = True
    while grown:
        more = {model for model in others if model not in found and found & _targets(model)}
        grown = bool(more)
        found |= more
    return [model for model in others if model in found]


def is_table(model: Any) -> bool:
    return bool(model._meta.managed and not model._meta.proxy and not model._meta.swapped)


def forward_links(model: Any) -> Iterator[Any]:
    """Foreign keys and many-to-many fields."""
    yield from (field for field in model._meta.get_fields() if field.is_relation and field.concrete)


def through_models(model: Any) -> list[Any]:
    """The tables that Django makes for the many-to-many fields of a model."""
    found = (field.remote_field.through for field in model._meta.many_to_many)
    return [through for through in found if through._meta.auto_created]


def is_site_related(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, SiteRelated)


def _targets(model: Any) -> set[Any]:
    return {field.related_model for field in forward_links(model)}


def cross_site_links() -> Iterator[str]:
    """The foreign keys and many-to-many tables in which a row of one site points at a row of another."""
    for model in site_related():
        for field in forward_links(model):
            if not is_site_related(field.related_model):
                continue
            if field.many_to_many:
                through = field.remote_field.through
                ends = (field.m2m_field_name(), field.m2m_reverse_field_name())
            else:
                through, ends = model, ("", field.name)
            here, there = (f"{end}__site_id" if end else "site_id" for end in ends)
            if models.QuerySet(through).exclude(**{there: models.F(here)}).exclude(**{there: None}).exists():
                yield str(field)
