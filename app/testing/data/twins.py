"""Twin data: the same rows on site A and on site B, each with texts of its own; B has more of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from app.menus.models import Menu, MenuEntry
from app.pages.kinds import kinds, may_be_below
from app.pages.models import Page
from app.tenancy.content_cache import forget_content
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, Membership, SiteProfile
from app.tenancy.site_apps import per_site_apps
from app.testing.data.canaries import SIDES, Canaries, Side
from app.testing.data.repeated import Statement, statements_of
from app.testing.data.tables import is_site_related, through_models, with_rows_of_a_site
from app.testing.data.values import CannotGuess, Values

ROWS = {"a": 2, "b": 3}
#: role → the group that gives it on site A
MEMBERS = {"author": "Author", "editor": "Editor", "site-admin": "Site admin", "member-of-both": "Site admin"}

ValuesOfApp = Callable[[Any, str, int], "dict[str, Any] | None"]
Contents = dict[tuple[str, Any], tuple[Any, ...]]


class Twins:
    """Site A with its people and rows, and site B with its own. `values` is the hook pytest_isolation_values."""

    def __init__(self, values: ValuesOfApp) -> None:
        self.values_of_app = values
        self.canaries = Canaries()
        self.sites: dict[Side, Site] = {}
        self.aliases: dict[Side, str] = {}
        self.rows: dict[tuple[Any, Side], list[Any]] = {}
        self.faults: dict[Any, Exception] = {}
        self.people: dict[str, Any] = {}
        self._values = {side: Values(self.canaries, side, self._target(side)) for side in SIDES}
        self._roles_on_b: list[Any] = []

    def make(self) -> None:
        for side in SIDES:
            self._make_site(side)
        for side in SIDES:
            with use_site(self.sites[side]):
                for model in with_rows_of_a_site():
                    self._make_rows(model, side)
            if side == "a":
                # Before the rows of B, so that nothing on A depends on them.
                self._make_people()
        directory.forget()

    def of(self, model: Any, side: Side) -> list[Any]:
        return self.rows.get((model, side), [])

    @contextmanager
    def without_b(self) -> Iterator[None]:
        """Inside the block, site B has no rows, and its people have no accounts."""
        with undone():
            with use_site(self.sites["b"]):
                for statement in self._removing_b:
                    statement.run()
            yield

    def contents(self) -> Contents:
        """All that B has, by table and key. Not before `make()`."""
        with use_site(self.sites["b"]):
            return {(label, row[0]): row for label, statement in self._reading_b for row in statement.rows()}

    def _make_site(self, side: Side) -> None:
        def name(field: str) -> str:
            return self.canaries.text(side, f"sites.Site.{field}", names_the_site=True)

        site = Site.objects.create(domain=f"{name('domain')}.test", name=name("name").capitalize())
        apps = {"apps": sorted(per_site_apps())} if per_site_apps() else {}
        SiteProfile.objects.filter(site=site).update(key=name("key"), settings=apps)
        self.aliases[side] = f"{name('alias')}.test"
        Alias.objects.create(site=site, host=self.aliases[side])
        self.sites[side] = site

    def _make_people(self) -> None:
        create: Any = get_user_model().objects
        for role, group in MEMBERS.items():
            person = self.people[role] = create.create_user(f"the-{role}", f"{role}@example.test")
            for side in SIDES if role == "member-of-both" else SIDES[:1]:
                with use_site(self.sites[side]):
                    given = Membership.objects.create(user=person, role=Group.objects.get(name=group))
                if side == "b":
                    self._roles_on_b.append(given.pk)
        self.people["superuser"] = create.create_superuser("the-superuser", "superuser@example.test")

    def _make_rows(self, model: Any, side: Side) -> None:
        for number in range(ROWS[side]):
            try:
                self._nth(model, side, number)
            except IntegrityError as error:
                if number == 0:
                    self.faults[model] = error
                return  # a model of which a site has one row
            except (CannotGuess, ValidationError, DataError, ValueError, TypeError) as error:
                self.faults[model] = error
                return

    def _nth(self, model: Any, side: Side, number: int) -> Any:
        """Row `number` of the model on a site. It is made if there are fewer rows."""
        rows = self.rows.setdefault((model, side), [])
        while len(rows) <= number:
            rows.append(self._make_row(model, side, len(rows)))
        return rows[number]

    def _make_row(self, model: Any, side: Side, number: int) -> Any:
        text = self.canaries.text(side, model._meta.label)
        above = parent_kind(model)
        place: dict[str, Any] = {"parent": self._nth(above, side, 0)} if above is not None else {}
        if model is MenuEntry:
            place = {"menu": self._nth(Menu, side, 0)}  # that of the entry above
        given = {**place, **(self.values_of_app(model, text, number) or {})}
        row = model(**self._values[side].of(model, number, given))
        automatic = [f for f in model._meta.many_to_many if f.remote_field.through._meta.auto_created]
        targets = {field.name: self._target(side)(field, number) for field in automatic}
        with transaction.atomic():
            row.save()
            for name, target in targets.items():
                getattr(row, name).set([] if target is None else [target])
        return row

    def _target(self, side: Side) -> Callable[[Any, int], Any]:
        def target(field: Any, number: int) -> Any:
            model = field.related_model
            if model is Site:
                return self.sites[side]
            if model is field.model:
                # A tree: the first row is the root.
                return self._nth(model, side, 0) if number else None
            if model in with_rows_of_a_site():
                return self._nth(model, side, number)
            return _global_row(model, field)

        return target

    @cached_property
    def _reading_b(self) -> list[tuple[str, Statement]]:
        tables = (*with_rows_of_a_site(), Site, SiteProfile, Alias)
        found = (rows.values_list("pk", *_columns(rows)) for model in tables for rows in self._tables_of_b(model))
        return [(rows.model._meta.label, each) for rows in found for each in statements_of(partial(list, rows))]

    @cached_property
    def _removing_b(self) -> list[Statement]:
        return statements_of(self._remove_b)

    def _remove_b(self) -> None:
        for model in reversed(with_rows_of_a_site()):
            for rows in self._tables_of_b(model):
                kept = self._roles_on_b if rows.model is Membership else []
                rows.exclude(pk__in=kept)._raw_delete(rows.db)

    def _tables_of_b(self, model: Any) -> Iterator[Any]:
        """The rows of B in the tables of a model: of its many-to-many fields, and its own."""
        if model in (Site, SiteProfile, Alias):
            yield model.objects.filter(**{"pk" if model is Site else "site_id": self.sites["b"].pk})
            return
        keys = [row.pk for row in self.of(model, "b")]
        own = model._base_manager.filter(site_id=self.sites["b"].pk) if is_site_related(model) else None
        for field in model._meta.many_to_many:
            if field.remote_field.through in through_models(model):
                yield field.remote_field.through._base_manager.filter(**{f"{field.m2m_field_name()}__in": keys})
        yield own if own is not None else model._base_manager.filter(pk__in=keys)


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside the block is rolled back, and forgotten where this process keeps it."""
    block: Any = transaction.atomic()
    block._from_testcase = True  # code inside may open a durable block
    _forget()
    try:
        with block:
            try:
                yield
            finally:
                transaction.set_rollback(True)
    finally:
        _forget()


def _forget() -> None:
    directory.forget()
    forget_content()
    for cache in caches.all():
        cache.clear()


def parent_kind(model: Any) -> Any:
    """The kind of page that a page of this kind has to be below; None for a model without such a rule."""
    if not issubclass(model, Page) or model.parent_kinds is None:
        return None
    return next((kind for kind in kinds() if kind is not model and may_be_below(model, kind)), None)


def _columns(rows: Any) -> list[str]:
    return [field.attname for field in rows.model._meta.concrete_fields]


def _global_row(model: Any, field: Any) -> Any:
    """A row of a model that all sites share; None where a field may stay empty."""
    found = model._base_manager.order_by("pk").first()
    if found is None and not field.null and not field.many_to_many:
        raise CannotGuess(field)
    return found
