"""Every manager, reverse relation and many-to-many table: on site A, only rows of A."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction

from app.tenancy.checks import EXCEPTIONS
from app.tenancy.current import use_site
from app.testing.data.tables import is_site_related, site_related, through_models, with_rows_of_a_site
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings


def managers() -> Iterator[Any]:
    """Each attribute of a site-related model that is a manager: declared, inherited, or from a package's descriptor."""
    for model in site_related():
        names = {name for base in model.__mro__ for name in vars(base)} | {"_default_manager"}
        for name in sorted(names - set(EXCEPTIONS) - {"_base_manager"}):
            if isinstance(getattr(model, name, None), models.Manager):
                yield pytest.param(model, name, id=f"{model._meta.label}.{name}")


def tables() -> Iterator[Any]:
    for model in site_related():
        yield from (pytest.param(model, through, id=through._meta.label) for through in through_models(model))


def relations() -> Iterator[Any]:
    """Foreign keys to site-related models, with a name of the way back."""
    for model in site_related():
        for field in model._meta.concrete_fields:
            name = field.remote_field.get_accessor_name() if field.remote_field else None
            if isinstance(field, models.ForeignKey) and name and not field.remote_field.hidden:
                yield pytest.param(field, name, id=f"{field.related_model._meta.label}.{name}")


@pytest.mark.parametrize("model", with_rows_of_a_site(), ids=lambda model: model._meta.label)
def test_rows_can_be_made(model: Any, twins: Twins) -> None:
    """A model without rows is not tested. Its values come from the hook pytest_isolation_values."""
    fault = twins.faults.get(model)
    assert fault is None, f"{model._meta.label}: {type(fault).__name__}: {fault}"
    assert len(twins.of(model, "b")) >= len(twins.of(model, "a")) > 0


@pytest.mark.parametrize(("model", "name"), list(managers()))
def test_a_manager(model: Any, name: str, twins: Twins, findings: Findings) -> None:
    with undone(), use_site(twins.sites["a"]):
        rows = list(getattr(model, name).all().values())
    expect_nothing_of_b(rows, f"The manager {name!r} of {model._meta.label}", twins, findings)


@pytest.mark.parametrize(("model", "through"), list(tables()))
def test_a_table_of_links(model: Any, through: Any, twins: Twins, findings: Findings) -> None:
    ends = [field for field in through._meta.concrete_fields if field.is_relation]
    with undone(), use_site(twins.sites["a"]):
        found = list(through.objects.values_list(*(field.attname for field in ends)))
    for field, keys in zip(ends, zip(*found, strict=True), strict=False):
        keys_of_b = {row.pk for row in twins.of(field.related_model, "b")}
        if keys_of_b & set(keys):
            findings.note(f"{through._meta.label}.objects of {model._meta.label} shows links of site B")


@pytest.mark.parametrize(("field", "name"), list(relations()))
def test_a_reverse_relation(field: Any, name: str, twins: Twins, findings: Findings) -> None:
    """The rows that point at a row, where one of B does: at a row that sites share, or by a fault of the database."""
    of_a, of_b = (twins.of(field.model, side)[0] for side in ("a", "b"))
    with undone():
        rows: models.QuerySet[Any] = models.QuerySet(field.model).filter(pk=of_b.pk)
        try:
            with transaction.atomic(), use_site(twins.sites["b"]):
                rows.update(**{field.attname: getattr(of_a, field.attname)})
        except DatabaseError:
            return  # the database itself keeps these rows apart
        with use_site(twins.sites["a"]):
            target = field.related_model._base_manager.filter(pk=getattr(of_a, field.attname)).first()
            related = getattr(target, name, None)
            if isinstance(related, models.Manager):
                expect_nothing_of_b(list(related.all().values()), f"{target!r}.{name}", twins, findings)


def expect_nothing_of_b(rows: list[dict[str, Any]], what: str, twins: Twins, findings: Findings) -> None:
    b = twins.sites["b"].pk
    for row in rows:
        shown = [canary.where for canary, _ in twins.canaries.found(str(row)) if canary.side == "b"]
        if shown or row.get("site_id") == b:
            findings.note(f"{what} shows a row of site B while A is the current site", str(row))
            return


def test_there_is_something_to_test() -> None:
    assert any(is_site_related(model) for model in with_rows_of_a_site())
