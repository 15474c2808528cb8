"""Where the tables of site-related models hold the site of a row, and which columns refer to other such rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import models

from app.tenancy.isolation.cross_site import is_site_related


@dataclass(frozen=True, slots=True)
class Place:
    """The site of a row is in the row of `table`, a table with a column `site_id`, that has the same value in `key`."""

    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Link:
    """A row of `table` refers by `column` to a row at `target`. `own` says where its own site is found, by
    `own_column`."""

    table: str
    column: str
    target: Place
    own_column: str
    own: Place

    @property
    def has_own_site(self) -> bool:
        """Whether the row has a site itself: a many-to-many link, and a row of a child model, has none."""
        return self.own.table == self.table

    @property
    def tables(self) -> set[str]:
        return {self.table, self.own.table, self.target.table}


def links() -> list[Link]:
    """Every foreign key and every many-to-many link between rows of site-related models."""
    return [link for model in stored_models() for link in _links_of(model)]


def stored_models() -> list[Any]:
    """The models with a table of their own in the migrations, those of many-to-many fields too."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy and not model._meta.swapped]


def place(model: Any) -> Place:
    """Where the site of a model's rows is: for a child of another model in the table of its parent."""
    holder = model._meta.get_field("site").model
    return Place(holder._meta.db_table, holder._meta.pk.column)


def ends(through: Any) -> list[Any]:
    """The foreign keys of a many-to-many link to site-related models."""
    return [field for field in _foreign_keys(through) if is_site_related(field.related_model)]


def digest(*parts: object) -> str:
    """For a name that changes with what it names; PostgreSQL's names are at most 63 characters."""
    return sha256(repr(parts).encode()).hexdigest()[:12]


def _links_of(model: Any) -> Iterator[Link]:
    table = model._meta.db_table
    if model._meta.auto_created:
        match ends(model):
            case [first, second]:
                yield Link(table, second.column, place(second.related_model), first.column, place(first.related_model))
        return
    if is_site_related(model):
        for field in ends(model):
            yield Link(table, field.column, place(field.related_model), model._meta.pk.column, place(model))


def _foreign_keys(model: Any) -> list[models.ForeignKey[Any, Any]]:
    """Those of the model's own table, without the one that a child model has to its parent."""
    fields = model._meta.local_concrete_fields
    return [f for f in fields if isinstance(f, models.ForeignKey) and not f.remote_field.parent_link]
