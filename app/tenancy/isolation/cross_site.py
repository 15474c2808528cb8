"""Cross-site references are refused: a foreign key or many-to-many link to a row of another site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from app.tenancy.current import current_site


class Placeholder(models.Expression):
    """A parameter of a query whose value is known when the query is executed (app.tenancy.isolation.prepared)."""

    def value(self, values: Mapping[str, Any]) -> Any:
        raise NotImplementedError


class CurrentSiteId(Placeholder):
    """The current site's id, read when the SQL is compiled. Raises `NoCurrentSite` then."""

    output_field: models.Field[Any, Any] = models.BigIntegerField()

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, tuple[Any]]:
        return "%s", (self if getattr(compiler, "fills_in_later", False) else current_site().id,)

    def value(self, _: Mapping[str, Any]) -> int:
        return current_site().id


class CrossSiteReference(ValueError):
    """A row would point at a row of another site, or move there. For the writer that other row does not exist."""

    def __init__(self, model: type[models.Model], field: str) -> None:
        self.field = field
        super().__init__(f"{model._meta.object_name}.{field} would leave the current site.")


def is_site_related(model: Any) -> bool:
    return hasattr(model, "all_sites")


def site_foreign_keys(
    model: type[models.Model], names: Sequence[str] | None = None
) -> list[models.ForeignKey[Any, Any]]:
    """The foreign keys of a model that point at site-related models."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and is_site_related(field.related_model)
        and (names is None or field.name in names or field.attname in names)
    ]


def refuse_rows_of_other_sites(model: Any, keys: set[Any]) -> None:
    """Raises `CrossSiteReference` if one of the primary keys belongs to a row of another site."""
    # all_sites: only that manager sees such a row.
    if keys and model.all_sites.filter(pk__in=keys).exclude(site_id=CurrentSiteId()).exists():
        raise CrossSiteReference(model, "site")


def refuse_cross_site_keys(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str] | None = None
) -> None:
    """Raises `CrossSiteReference` if a row points at a row that the current site does not have."""
    for field in site_foreign_keys(model, names):
        keys = {getattr(row, field.attname) for row in rows} - {None}
        if keys - existing_targets(field, keys):
            raise CrossSiteReference(model, field.name)


def refuse_cross_site_value(model: type[models.Model], name: str, value: Any) -> None:
    """As `refuse_cross_site_keys`, for one value that `update()` would write to all rows."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return  # `update()` has its own message for it
    if not isinstance(field, models.ForeignKey) or field not in site_foreign_keys(model) or value is None:
        return
    if isinstance(value, models.Model):
        value = value.pk
    if hasattr(value, "resolve_expression"):
        raise CrossSiteReference(model, name)  # the target of an expression is not known here
    if not existing_targets(field, {value}):
        raise CrossSiteReference(model, name)


def existing_targets(field: Any, keys: set[Any]) -> set[Any]:
    """Of the keys those that rows of the current site have."""
    target = field.target_field.attname
    rows = field.related_model.objects.filter(**{f"{target}__in": keys}) if keys else None
    return set(rows.values_list(target, flat=True)) if rows is not None else set()


def refuse_cross_site_links(
    sender: type[models.Model], action: str, instance: models.Model, model: Any, pk_set: Any, **_: Any
) -> None:
    """Receiver of `m2m_changed`: both ends must be rows of the current site."""
    if not action.startswith("pre_"):
        return
    # For a removal only the instance is checked: existing links of a row of this site lead to this site's rows.
    added = set(pk_set or ()) if action == "pre_add" else set()
    ends: list[tuple[Any, set[Any]]] = [(model, added), (type(instance), {instance.pk})]
    for end, keys in ends:
        if is_site_related(end) and end.objects.filter(pk__in=keys).count() != len(keys):
            raise CrossSiteReference(sender, model._meta.model_name)
