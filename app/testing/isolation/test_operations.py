"""No operation on site A reads or changes a row of site B, for every `SiteRelated` model and every way of the ORM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction

from app.postgresql.row_security.scope import every_site
from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.isolation.cross_site import CrossSiteReference, site_foreign_keys
from app.tenancy.models import SiteRelated
from app.testing.data.tables import is_site_related, site_related
from app.testing.data.twins import Twins, undone

MODELS = sorted(site_related(), key=lambda model: model._meta.label)
LINKS = [
    (model, field)
    for model in MODELS
    for field in site_foreign_keys(model)
    if field in model._meta.local_concrete_fields and not field.remote_field.parent_link
]
MANY = [
    (model, field) for model in MODELS for field in model._meta.many_to_many if is_site_related(field.related_model)
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


@pytest.fixture(autouse=True)
def rolled_back(twins: Twins) -> Iterator[None]:
    with undone():
        yield


def a_field(model: type[SiteRelated]) -> str:
    """One that is written as it is, if there is one: from others `save()` derives more."""
    names = [f.name for f in model._meta.concrete_fields if not f.primary_key and f.name != "site"]
    return next((name for name in names if name not in model.saved_one_by_one), names[0])


Operation = Callable[[Any, Any], Any]
#: Operations of A on a row of B; each result is the same as if the row did not exist.
READS: dict[str, Operation] = {
    "list": lambda model, row: row in list(model.objects.all()),
    "filter": lambda model, row: list(model.objects.filter(pk=row.pk)),
    "exists": lambda model, row: model.objects.filter(pk=row.pk).exists(),
    "contains": lambda model, row: model.objects.contains(row),
    "count": lambda model, row: model.objects.filter(pk=row.pk).count(),
    "first": lambda model, row: model.objects.filter(pk=row.pk).order_by("pk").first(),
    "values": lambda model, row: list(model.objects.filter(pk=row.pk).values_list("pk")),
    "in_bulk": lambda model, row: model.objects.in_bulk([row.pk]),
    "aggregate": lambda model, row: model.objects.filter(pk=row.pk).aggregate(n=models.Count("pk"))["n"],
    "iterator": lambda model, row: list(model.objects.filter(pk=row.pk).iterator()),
    "union": lambda model, row: list(_bare(model, row).union(_bare(model, row))),
    "or": lambda model, row: list(model.objects.filter(pk=row.pk) | model.objects.filter(pk=row.pk)),
    "exclude": lambda model, row: row in list(model.objects.exclude(pk=0)),
    "subquery": lambda model, row: list(Site.objects.filter(pk__in=model.objects.filter(pk=row.pk).values("site_id"))),
    "outer": lambda model, row: list(
        Site.objects.filter(models.Exists(model.objects.filter(site_id=models.OuterRef("pk"))), pk=row.site_id)
    ),
    "locked": lambda model, row: list(model.objects.select_for_update().filter(pk=row.pk)),
    "update": lambda model, row: model.objects.filter(pk=row.pk).update(
        **{a_field(model): getattr(row, a_field(model))}
    ),
    "bulk_update": lambda model, row: model.objects.bulk_update([row], [a_field(model)]),
    "delete": lambda model, row: model.objects.filter(pk=row.pk).delete()[0],
    "raw_delete": lambda model, row: model.objects.filter(pk=row.pk)._raw_delete("default"),
}
#: Operations that raise an error.
REFUSED: dict[str, tuple[Operation, Any]] = {
    "get": (lambda model, row: model.objects.get(pk=row.pk), ObjectDoesNotExist),
    "latest": (lambda model, row: model.objects.filter(pk=row.pk).latest("pk"), ObjectDoesNotExist),
    "refresh": (lambda model, row: model(pk=row.pk).refresh_from_db(), ObjectDoesNotExist),
    "raw": (lambda model, row: list(model.objects.raw("SELECT 1")), TypeError),
    "save": (lambda model, row: row.save(), CrossSiteReference),
    "save made up": (lambda model, row: made_up(model, row).save(), CrossSiteReference),
    "save moved": (lambda model, row: _moved(row).save(), CrossSiteReference),
    "instance delete": (lambda model, row: row.delete(), CrossSiteReference),
    "delete made up": (lambda model, row: model(pk=row.pk).delete(), CrossSiteReference),
    "create": (lambda model, row: model.objects.create(**made_up_values(row), site_id=row.site_id), CrossSiteReference),
    "bulk_create": (lambda model, row: model.objects.bulk_create([row]), CrossSiteReference),
    "bulk_create over it": (lambda model, row: _written_over(model, row), CrossSiteReference),
    "update site": (lambda model, row: model.objects.update(site=row.site_id), CrossSiteReference),
    "bulk_update site": (lambda model, row: model.objects.bulk_update([row], ["site"]), CrossSiteReference),
    "full_clean": (lambda model, row: row.full_clean(), CrossSiteReference),
}


def _bare(model: Any, row: Any) -> Any:
    return model.objects.filter(pk=row.pk).order_by()  # SQLite allows no ORDER BY in the parts of a union


def _written_over(model: Any, row: Any) -> Any:
    rows, name = [made_up(model, row)], a_field(model)
    return model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=[name])


def made_up(model: Any, row: Any) -> Any:
    """A new instance with the key of the row, and nothing of its site."""
    return model(**made_up_values(row), pk=row.pk)


def made_up_values(row: Any) -> dict[str, Any]:
    """The row's values, without those that point at its site's rows."""
    fields = (f for f in row._meta.concrete_fields if not f.primary_key and not is_site_related(f.related_model))
    return {field.attname: getattr(row, field.attname) for field in fields if field.name != "site"}


def _moved(row: Any) -> Any:
    row.site = Site.objects.exclude(pk=row.site_id).get(name__startswith="Canarya")
    return row


@pytest.fixture
def row(model: Any, twins: Twins) -> Any:
    """A row of B; no other one is below it."""
    assert twins.of(model, "b"), f"{model._meta.label} has no rows: see test_rows_can_be_made"
    with use_site(twins.sites["b"]):
        return model.objects.get(pk=twins.of(model, "b")[-1].pk)


@every_model
@pytest.mark.parametrize("name", READS)
def test_a_cannot_read_or_change_rows_of_b(model: Any, name: str, row: Any, twins: Twins) -> None:
    operation = READS[name]
    before = model.all_sites.filter(pk=row.pk).values().get()
    with use_site(twins.sites["a"]), transaction.atomic():
        assert not operation(model, row)
    assert model.all_sites.filter(pk=row.pk).values().get() == before
    # On its own site the same operation has a result, so the assertion above is meaningful. That rows of its site
    # refer to it, and keep it from being deleted, is a result too.
    refused = suppress(models.ProtectedError, models.RestrictedError)
    with use_site(twins.sites["b"]), refused, transaction.atomic():
        assert operation(model, row)


@every_model
@pytest.mark.parametrize("name", REFUSED)
def test_a_is_refused(model: Any, name: str, row: Any, twins: Twins) -> None:
    operation, error = REFUSED[name]
    before = model.all_sites.filter(pk=row.pk).values().get()
    with use_site(twins.sites["a"]), pytest.raises(error), transaction.atomic():
        operation(model, row)
    assert model.all_sites.filter(pk=row.pk).values().get() == before


@every_model
@pytest.mark.parametrize("name", [*READS, *REFUSED])
def test_without_a_site_it_raises(model: Any, name: str, row: Any) -> None:
    operation = READS[name] if name in READS else REFUSED[name][0]
    expected = (NoCurrentSite, TypeError) if name == "raw" else (NoCurrentSite, CrossSiteReference)
    with pytest.raises(expected), transaction.atomic():
        operation(model, row)
    assert model.all_sites.filter(pk=row.pk).exists()


@pytest.mark.parametrize("has_site", [True, False])
def test_a_site_is_deleted_with_its_rows(has_site: bool, twins: Twins) -> None:
    site = Site.objects.get(pk=twins.sites["a"].pk)
    with use_site(twins.sites["b"]) if has_site else nullcontext(), every_site():
        site.delete()
    for model in MODELS:
        found = set(model.all_sites.values_list("site", flat=True))
        assert twins.sites["a"].pk not in found, model
        assert twins.sites["b"].pk in found, model


@pytest.mark.parametrize(("model", "field"), LINKS, ids=str)
def test_cross_site_foreign_keys_are_refused(model: Any, field: Any, twins: Twins) -> None:
    target = twins.of(field.related_model, "b")[0]
    with use_site(twins.sites["a"]):
        row = model.objects.get(pk=twins.of(model, "a")[-1].pk)
        values = made_up_values(row)
        for attempt in (
            lambda: model.objects.create(**values, **{field.name: target}),
            lambda: model.objects.bulk_create([model(**values, **{field.attname: target.pk})]),
            lambda: model.objects.filter(pk=row.pk).update(**{field.name: target}),
            lambda: model.objects.filter(pk=row.pk).update(**{field.attname: target.pk}),
            lambda: model.objects.filter(pk=row.pk).update(**{field.name: models.F("pk")}),
            lambda: _saved(row, field, target),
            lambda: model.objects.bulk_update([row], [field.name]),
        ):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
        with pytest.raises(ValidationError) as invalid:
            model(**values, **{field.attname: target.pk}).full_clean()
        assert field.name in invalid.value.message_dict
    assert not model.all_sites.filter(**{field.name: target}, site=twins.sites["a"]).exists()


def _saved(row: Any, field: Any, target: Any) -> None:
    setattr(row, field.attname, target.pk)
    row.save()


@pytest.mark.parametrize(("model", "field"), [(m, f) for m, f in LINKS if not f.remote_field.hidden], ids=str)
def test_reverse_relations_refuse_rows_of_another_site(model: Any, field: Any, twins: Twins) -> None:
    foreign = model.all_sites.get(pk=twins.of(model, "b")[-1].pk)
    before = model.all_sites.filter(pk=foreign.pk).values().get()
    with use_site(twins.sites["a"]):
        target = twins.of(field.related_model, "a")[0]
        rows = getattr(target, field.remote_field.get_accessor_name())
        for attempt in (lambda: rows.add(foreign), lambda: rows.add(foreign, bulk=False), lambda: rows.set([foreign])):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
    assert model.all_sites.filter(pk=foreign.pk).values().get() == before


@pytest.mark.parametrize(("model", "field"), MANY, ids=str)
def test_cross_site_many_to_many_links_are_refused(model: Any, field: Any, twins: Twins) -> None:
    target = twins.of(field.related_model, "b")[0]
    row = twins.of(model, "a")[0]
    members = getattr(row, field.name)
    with use_site(twins.sites["a"]):
        before = set(members.all())
        for attempt in (lambda: members.add(target), lambda: members.add(target.pk), lambda: members.set([target.pk])):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
        assert set(members.all()) == before
    with use_site(twins.sites["b"]):
        for attempt in (lambda: members.add(target), members.clear, lambda: members.remove(target)):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
