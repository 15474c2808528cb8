"""Queries that see one site: the filter is a value that is read when the SQL is compiled.

So a queryset may be built anywhere, at import too; it is the running of it that needs a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, Self, TypeVar

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django.db.models.sql.compiler import SQLCompiler

from app.tenancy.current import current_site

Row = TypeVar("Row", bound=models.Model)


class CurrentSiteId(models.Expression):
    """The current site's id, asked for at compile time. Raises `NoCurrentSite` there."""

    output_field: models.Field[Any, Any] = models.BigIntegerField()

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[int]]:  # noqa: ARG002  # Django's signature
        return "%s", (current_site().id,)


class LinkToAnotherSite(ValueError):
    """A row would point at another site's row, or move there. To its writer that other row does not exist."""

    def __init__(self, model: type[models.Model], field: str) -> None:
        self.field = field
        super().__init__(f"{model._meta.object_name}.{field} would leave the current site.")


class SiteQuerySet(models.QuerySet[Row]):
    """Bulk writes keep the rules of `SiteRelated.save()`: the current site's rows, linked to the current site's."""

    _links_are_checked = False

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        rows = list(objs)
        for row in rows:
            row.fill_site()  # type: ignore[attr-defined]  # SiteRelated
        # SECURITY: with update_conflicts a key that is there is written over, whichever site's row has it.
        refuse_foreign_keys(self.model, {row.pk for row in rows} - {None})
        refuse_foreign_links(self.model, rows)
        with transaction.atomic(self.db):
            raise_content_version()
            return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        rows, names = list(objs), list(fields)
        if "site" in names:
            raise LinkToAnotherSite(self.model, "site")
        refuse_foreign_links(self.model, rows, names)
        checked = self._chain()  # type: ignore[attr-defined]  # Django's own clone
        checked._links_are_checked = True
        return super(SiteQuerySet, checked).bulk_update(rows, names, *args, **kwargs)

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # the stubs do not know it
        clone._links_are_checked = self._links_are_checked
        return clone

    def update(self, **kwargs: Any) -> int:
        for name, value in kwargs.items():
            if name in {"site", "site_id"}:
                raise LinkToAnotherSite(self.model, name)
            if not self._links_are_checked:
                refuse_foreign_value(self.model, name, value)
        with transaction.atomic(self.db):
            raise_content_version()
            return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(self.db):
            raise_content_version()
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def raw(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"Raw SQL knows no site. Use {self.model.__name__}.all_sites.raw() and filter by site_id.")


class SiteManager(models.Manager.from_queryset(SiteQuerySet[Any])):  # type: ignore[misc]  # built at run time
    """The default manager of every `SiteRelated` model: rows of the current site, none without one."""

    def get_queryset(self) -> SiteQuerySet[Any]:
        return super().get_queryset().filter(site_id=CurrentSiteId())  # type: ignore[no-any-return]

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.get_queryset().raw(*args, **kwargs)


class LinkingQuerySet(models.QuerySet[Row]):
    """What Django itself works with: every site's rows, for cascades and the like."""

    def update(self, **kwargs: Any) -> int:
        # SECURITY: `label.notes.add(note)` writes through here, by primary key alone.
        if self.exclude(site_id=CurrentSiteId()).exists():
            raise LinkToAnotherSite(self.model, ", ".join(kwargs))
        for name, value in kwargs.items():
            refuse_foreign_value(self.model, name, value)
        with transaction.atomic(self.db):
            raise_content_version()
            return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]


class LinkingManager(models.Manager.from_queryset(LinkingQuerySet[Any])):  # type: ignore[misc]  # built at run time
    """The base manager of every `SiteRelated` model (see `Related`)."""


class AllSitesManager(models.Manager[Row]):
    """Rows of every site. Whoever writes `all_sites` says in a comment why the current site is not enough."""


def raise_content_version() -> None:
    """Notes that something of the current site changed; whatever was made from its content is then out of date.

    Call it in the transaction of the change. It also makes the site's writers take turns until that ends.
    """
    profiles = apps.get_model("tenancy", "SiteProfile")._default_manager
    profiles.filter(site_id=CurrentSiteId()).update(content_version=models.F("content_version") + 1)


def links(model: type[models.Model], names: Sequence[str] | None = None) -> list[models.ForeignKey[Any, Any]]:
    """The foreign keys of a model that lead to rows of a site."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and hasattr(field.related_model, "all_sites")
        and (names is None or field.name in names or field.attname in names)
    ]


def refuse_foreign_keys(model: type[models.Model], keys: set[Any]) -> None:
    """Raises `LinkToAnotherSite` if one of the primary keys is another site's row's."""
    # all_sites: only there is that row seen.
    if keys and model.all_sites.filter(pk__in=keys).exclude(site_id=CurrentSiteId()).exists():  # type: ignore[attr-defined]
        raise LinkToAnotherSite(model, "site")


def refuse_foreign_links(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str] | None = None
) -> None:
    """Raises `LinkToAnotherSite` if a row points at a row that the current site does not have."""
    for field in links(model, names):
        wanted = {getattr(row, field.attname) for row in rows} - {None}
        _refuse_missing(model, field, wanted)


def refuse_foreign_value(model: type[models.Model], name: str, value: Any) -> None:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return  # `update()` says so in its own words
    if field in links(model) and value is not None:
        if isinstance(value, models.Model):
            value = value.pk
        if hasattr(value, "resolve_expression"):
            raise LinkToAnotherSite(model, name)  # where an expression leads is not known here
        _refuse_missing(model, field, {value})


def _refuse_missing(model: type[models.Model], field: Any, wanted: set[Any]) -> None:
    if not wanted:
        return
    target = f"{field.target_field.attname}__in"
    found = set(
        field.related_model.objects.filter(**{target: wanted}).values_list(field.target_field.attname, flat=True)
    )
    if wanted - found:
        raise LinkToAnotherSite(model, field.name)
