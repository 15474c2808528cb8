"""North cannot read or change rows of south, for every `SiteRelated` model.

The test finds the models itself and creates rows from their fields, so it also covers every new model.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sites.models import Site
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction

from app.postgresql.row_security.scope import every_site
from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.isolation.cross_site import CrossSiteReference
from app.tenancy.models import SiteRelated
from tests.support.makers import make_row, values_for

MODELS = sorted((m for m in apps.get_models() if issubclass(m, SiteRelated)), key=lambda m: m._meta.label)
LINKS = [
    (model, field)
    for model in MODELS
    for field in model._meta.local_concrete_fields
    if isinstance(field, models.ForeignKey) and issubclass(field.related_model, SiteRelated)
    if not field.remote_field.parent_link
]
MANY = [
    (model, field)
    for model in MODELS
    for field in model._meta.many_to_many
    if issubclass(field.related_model, SiteRelated)
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def a_field(model: type[SiteRelated]) -> str:
    return next(f.name for f in model._meta.concrete_fields if not f.primary_key and f.name != "site")


Operation = Callable[[Any, Any], Any]
#: Operations of north on a row of south; each result is the same as if the row did not exist.
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
    "exclude": lambda model, row: list(model.objects.exclude(pk=0)),
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
    "save made up": (lambda model, row: model(**{**values_for(model), "pk": row.pk}).save(), CrossSiteReference),
    "save moved": (lambda model, row: _moved(row).save(), CrossSiteReference),
    "instance delete": (lambda model, row: row.delete(), CrossSiteReference),
    "delete made up": (lambda model, row: model(pk=row.pk).delete(), CrossSiteReference),
    "create": (lambda model, row: model.objects.create(**values_for(model), site_id=row.site_id), CrossSiteReference),
    "bulk_create": (lambda model, row: model.objects.bulk_create([row]), CrossSiteReference),
    "bulk_create over it": (lambda model, row: _written_over(model, row), CrossSiteReference),
    "update site": (lambda model, row: model.objects.update(site=row.site_id), CrossSiteReference),
    "bulk_update site": (lambda model, row: model.objects.bulk_update([row], ["site"]), CrossSiteReference),
    "full_clean": (lambda model, row: row.full_clean(), CrossSiteReference),
}


def _bare(model: Any, row: Any) -> Any:
    return model.objects.filter(pk=row.pk).order_by()  # SQLite allows no ORDER BY in the parts of a union


def _written_over(model: Any, row: Any) -> Any:
    made_up = model(**{**values_for(model), "pk": row.pk})
    name = a_field(model)
    return model.objects.bulk_create([made_up], update_conflicts=True, unique_fields=["pk"], update_fields=[name])


def _moved(row: Any) -> Any:
    row.site_id = Site.objects.get(domain="north.test").pk
    return row


def test_it_finds_the_models() -> None:
    assert {"tenancy.Membership", "pages.Page", "third_party.Note"} <= {model._meta.label for model in MODELS}
    assert LINKS
    assert MANY


@every_model
@pytest.mark.parametrize("name", READS)
def test_north_cannot_read_or_change_rows_of_south(model: Any, name: str, north: Site, south: Site) -> None:
    operation = READS[name]
    with use_site(south):
        row = make_row(model)
    before = model.all_sites.filter(pk=row.pk).values().get()
    with use_site(north), transaction.atomic():
        assert not operation(model, row)
    assert model.all_sites.filter(pk=row.pk).values().get() == before
    # On its own site the same operation has a result, so the assertion above is meaningful.
    with use_site(south), transaction.atomic():
        assert operation(model, row)


@every_model
@pytest.mark.parametrize("name", REFUSED)
def test_north_is_refused(model: Any, name: str, north: Site, south: Site) -> None:
    operation, error = REFUSED[name]
    with use_site(south):
        row = make_row(model)
    before = model.all_sites.filter(pk=row.pk).values().get()
    with use_site(north), pytest.raises(error), transaction.atomic():
        operation(model, row)
    assert model.all_sites.filter(pk=row.pk).values().get() == before


@every_model
@pytest.mark.parametrize("name", [*READS, *REFUSED])
def test_without_a_site_it_raises(model: Any, name: str, north: Site, south: Site) -> None:
    operation = READS[name] if name in READS else REFUSED[name][0]
    with use_site(south):
        row = make_row(model)
    expected = (NoCurrentSite, TypeError) if name == "raw" else (NoCurrentSite, CrossSiteReference)
    with pytest.raises(expected), transaction.atomic():
        operation(model, row)
    assert model.all_sites.filter(pk=row.pk).exists()


@every_model
@pytest.mark.parametrize("has_site", [True, False])
def test_a_site_is_deleted_with_its_rows(model: Any, has_site: bool, north: Site, south: Site) -> None:
    for site in (north, south):
        with use_site(site):
            row = make_row(model)
            for field in [field for linked, field in LINKS if linked is model]:
                setattr(row, field.name, make_row(field.related_model))
            row.save()
    with use_site(south) if has_site else nullcontext(), every_site():
        north.delete()
    assert set(model.all_sites.values_list("site", flat=True)) == {south.pk}


@pytest.mark.parametrize(("model", "field"), LINKS, ids=str)
def test_cross_site_foreign_keys_are_refused(model: Any, field: Any, north: Site, south: Site) -> None:
    with use_site(south):
        target = make_row(field.related_model)
    with use_site(north):
        row = make_row(model)
        own = make_row(field.related_model)
        setattr(row, field.name, own)
        assert model.objects.bulk_update([row], [field.name]) == 1
        assert model.objects.filter(**{field.name: own}).get() == row
        for attempt in (
            lambda: model.objects.create(**{**values_for(model), field.name: target}),
            lambda: model.objects.bulk_create([model(**{**values_for(model), field.attname: target.pk})]),
            lambda: model.objects.filter(pk=row.pk).update(**{field.name: target}),
            lambda: model.objects.filter(pk=row.pk).update(**{field.attname: target.pk}),
            lambda: model.objects.filter(pk=row.pk).update(**{field.name: models.F("pk")}),
            lambda: _saved(row, field, target),
            lambda: model.objects.bulk_update([row], [field.name]),
        ):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
        with pytest.raises(ValidationError) as invalid:
            model(**{**values_for(model), field.attname: target.pk}).full_clean()
        assert field.name in invalid.value.message_dict
    assert not model.all_sites.filter(**{field.name: target}).exists()


def _saved(row: Any, field: Any, target: Any) -> None:
    setattr(row, field.attname, target.pk)
    row.save()


@pytest.mark.parametrize(("model", "field"), [(m, f) for m, f in LINKS if not f.remote_field.hidden], ids=str)
def test_reverse_relations_refuse_rows_of_another_site(model: Any, field: Any, north: Site, south: Site) -> None:
    with use_site(south):
        foreign = make_row(model)
        before = model.all_sites.filter(pk=foreign.pk).values().get()
    with use_site(north):
        target, own = make_row(field.related_model), make_row(model)
        rows = getattr(target, field.remote_field.get_accessor_name())
        rows.add(own)
        assert list(rows.all()) == [own]
        for attempt in (lambda: rows.add(foreign), lambda: rows.add(foreign, bulk=False), lambda: rows.set([foreign])):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
    assert model.all_sites.filter(pk=foreign.pk).values().get() == before


@pytest.mark.parametrize(("model", "field"), MANY, ids=str)
def test_cross_site_many_to_many_links_are_refused(model: Any, field: Any, north: Site, south: Site) -> None:
    with use_site(south):
        target = make_row(field.related_model)
    with use_site(north):
        row = make_row(model)
        members = getattr(row, field.name)
        for attempt in (lambda: members.add(target), lambda: members.add(target.pk), lambda: members.set([target.pk])):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()
        assert not members.exists()
    with use_site(south):
        for attempt in (lambda: members.add(target), members.clear, lambda: members.remove(target)):
            with pytest.raises(CrossSiteReference), transaction.atomic():
                attempt()


def test_a_queryset_built_without_a_site_uses_the_current_site_later(north: Site, south: Site) -> None:
    model = apps.get_model("third_party", "Label")
    built_early = model.objects.filter(name="same")
    for site in (north, south):
        with use_site(site):
            model.objects.create(name="same")
    for site in (north, south):
        with use_site(site):
            assert [row.site_id for row in built_early.all()] == [site.pk]


def test_related_rows_prefetching_and_get_or_create_stay_on_the_site(north: Site, south: Site) -> None:
    label, note = apps.get_model("third_party", "Label"), apps.get_model("third_party", "Note")
    for site in (north, south):
        with use_site(site):
            row, made = label.objects.get_or_create(name="same")
            assert made
            note.objects.create(text="n", label=row)
    with use_site(north):
        found = label.objects.prefetch_related("notes").get()
        assert [n.site_id for n in found.notes.all()] == [north.pk]
        assert label.objects.update_or_create(name="same", defaults={"name": "other"})[1] is False
    with use_site(south):
        assert label.objects.get().name == "same"


def test_the_same_value_is_allowed_once_on_each_site(north: Site, south: Site) -> None:
    label = apps.get_model("third_party", "Label")
    with use_site(south):
        label(name="same").save()
    with use_site(north):
        label(name="same").full_clean()
        label(name="same").save()
        with pytest.raises(ValidationError, match="already exists"):
            label(name="same").full_clean()
