"""Managers that see one site: the filter is a value that is read when the SQL is compiled.

So a queryset may be built anywhere, at import too; only its execution needs a current site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, Self, TypeVar

from django.db import models, transaction
from django.db.models.query import RawQuerySet

from app.postgresql.row_security.scope import MARK, every_site, open_to_every_site
from app.tenancy.isolation.content_version import content_changed, content_changed_on
from app.tenancy.isolation.cross_site import (
    CrossSiteReference,
    CurrentSiteId,
    refuse_cross_site_keys,
    refuse_cross_site_value,
    refuse_rows_of_other_sites,
)

Row = TypeVar("Row", bound=models.Model)
Method = TypeVar("Method", bound=Callable[..., Any])


def changes_data(*, queryset_only: bool = False) -> Callable[[Method], Method]:
    """Marks a method as Django marks its own: templates do not call it, and managers do not copy it."""

    def mark(method: Method) -> Method:
        vars(method).update(alters_data=True, **({"queryset_only": True} if queryset_only else {}))
        return method

    return mark


def save_each(rows: Iterable[Any], values: Mapping[str, Any], names: Iterable[str]) -> int:
    """Writes the fields `names` of each row through its `save()`, after it got the values. Returns their number."""
    written = 0
    with transaction.atomic():
        for row in rows:
            for name, value in values.items():
                key = value.pk if isinstance(value, models.Model) else value
                setattr(row, row._meta.get_field(name).attname, key)
            row.save(update_fields=set(names))
            written += 1
    return written


def saves_each(model: Any, names: Iterable[str]) -> bool:
    """Whether `save()` derives other fields of the model from one of these."""
    return not model.saved_one_by_one.isdisjoint(names)


def refuse_expressions(model: Any, values: Mapping[str, Any]) -> None:
    """Raises `TypeError` where a value has to be known before it is written, and the database would compute it."""
    for name, value in values.items():
        field = next((f for f in model._meta.concrete_fields if name in {f.name, f.attname}), None)
        known = name in model.saved_one_by_one or getattr(field, "refuses_expressions", False)
        if known and hasattr(value, "resolve_expression"):
            raise TypeError(f"{model._meta.object_name}.{name} cannot be set by an expression; save each row.")


class CheckedQuerySet(models.QuerySet[Row]):
    """`update()` with the rules of `SiteRelated.save()`."""

    @changes_data()
    def update(self, **kwargs: Any) -> int:
        for name, value in kwargs.items():
            refuse_cross_site_value(self.model, name, value)
        refuse_expressions(self.model, kwargs)
        if saves_each(self.model, kwargs):
            return save_each(self, kwargs, kwargs)
        with transaction.atomic(self.db):
            content_changed(self.model)
            return super().update(**kwargs)


class SiteQuerySet(CheckedQuerySet[Row]):
    """Bulk writes keep the rules of `SiteRelated.save()`: rows of the current site that refer to rows of it."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Row]:
        rows = list(objs)
        if saves_each(self.model, kwargs.get("update_fields") or ()):
            raise TypeError("bulk_create() cannot update fields from which save() derives others; save each row.")
        for row in rows:
            row.assign_site()
        # SECURITY: with update_conflicts an existing key is overwritten, whichever site the row belongs to.
        refuse_rows_of_other_sites(self.model, {row.pk for row in rows} - {None})
        refuse_cross_site_keys(self.model, rows)
        for row in rows:
            row.derive()
        with transaction.atomic(self.db):
            content_changed(self.model)
            return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        rows, names = list(objs), list(fields)
        if "site" in names:
            raise CrossSiteReference(self.model, "site")
        refuse_cross_site_keys(self.model, rows, names)
        if saves_each(self.model, names):
            return save_each(rows, {}, names)
        # A plain queryset over the same rows: its update() gets expressions, whose targets were checked just now.
        plain: models.QuerySet[Any] = models.QuerySet(self.model, self.query.chain(), self.db)
        with transaction.atomic(self.db):
            content_changed(self.model)
            return plain.bulk_update(rows, names, *args, **kwargs)

    @changes_data()
    def update(self, **kwargs: Any) -> int:
        for name in kwargs:
            if name in {"site", "site_id"}:
                raise CrossSiteReference(self.model, name)
        return super().update(**kwargs)

    @changes_data(queryset_only=True)
    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(self.db):
            content_changed(self.model)
            return super().delete()

    def raw(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"Raw SQL is not bound to a site. Use {self.model.__name__}.all_sites.raw() and filter by site_id."
        )


class SiteManager(models.Manager.from_queryset(SiteQuerySet[Any])):  # type: ignore[misc]  # built at run time
    """The default manager of every `SiteRelated` model: rows of the current site, or `NoCurrentSite`."""

    def get_queryset(self) -> SiteQuerySet[Any]:
        rows: SiteQuerySet[Any] = super().get_queryset().filter(site_id=CurrentSiteId())
        return rows

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.get_queryset().raw(*args, **kwargs)


class LinkingQuerySet(CheckedQuerySet[Row]):
    """What Django itself works with: rows of every site, for cascades and the like."""

    def select_related(self, *fields: Any) -> Self:
        """Django's admin loads through here what goes with a deletion, and shows the text of each row."""
        return super().select_related(*fields, *getattr(self.model, "named_by", ()))

    @changes_data()
    def update(self, **kwargs: Any) -> int:
        if all(value is None for value in kwargs.values()):
            return self._set_null(kwargs)
        # SECURITY: `label.notes.add(note)` writes through here, by primary key alone.
        with every_site():  # row security would hide what has to be refused
            leaves_site = self.exclude(site_id=CurrentSiteId()).exists()
        if leaves_site:
            raise CrossSiteReference(self.model, ", ".join(kwargs))
        return super().update(**kwargs)

    def _set_null(self, values: Mapping[str, None]) -> int:
        """What a deletion does to the rows that referred to the deleted ones (SET_NULL), on whichever site they are."""
        with transaction.atomic(self.db):
            if getattr(self.model, "is_content", True):
                content_changed_on(set(self.values_list("site_id", flat=True)))
            return models.QuerySet.update(self, **values)


class LinkingManager(models.Manager.from_queryset(LinkingQuerySet[Any])):  # type: ignore[misc]  # built at run time
    """The base manager of every `SiteRelated` model (docs/decisions/0003-base-manager.md)."""


class AllSitesQuerySet(models.QuerySet[Row]):
    """Row security does not bind its statements, nor what they cause: cascades of a deletion."""

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Row]:
        with every_site():
            return super().bulk_create(*args, **kwargs)

    @changes_data(queryset_only=True)
    def delete(self) -> tuple[int, dict[str, int]]:
        with every_site():
            return super().delete()

    def raw(self, raw_query: Any, *args: Any, **kwargs: Any) -> RawQuerySet[Row]:
        return super().raw(f"{MARK} {raw_query}", *args, **kwargs)


class AllSitesManager(models.Manager[Row]):
    """Rows of every site. Code that uses `all_sites` says in a comment why the current site is not enough."""

    def get_queryset(self) -> AllSitesQuerySet[Row]:
        rows: AllSitesQuerySet[Row] = AllSitesQuerySet(self.model, using=self._db)
        open_to_every_site(rows.query)
        return rows
