"""What the isolation tests (`make test-isolation`) do not try for every model: related rows, querysets that live long.

They find the models, addresses and commands by themselves, and create rows from the models' fields: see app/testing/.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError

from app.tenancy.current import NoCurrentSite, use_site


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


def test_the_table_of_a_many_to_many_field_has_the_links_of_the_site(north: Site, south: Site) -> None:
    label, note = apps.get_model("third_party", "Label"), apps.get_model("third_party", "Note")
    links = note.others.through.objects
    for site in (north, south):
        with use_site(site):
            note.objects.create(text="n").others.add(label.objects.create(name="same"))
    with use_site(south):
        foreign = links.get()
    with use_site(north):
        own = links.get()
        assert own != foreign
        assert not links.filter(pk=foreign.pk).exists()
        assert links.filter(pk=foreign.pk).delete()[0] == 0
        assert links.all().delete()[0] == 1
    with use_site(south):
        assert links.get() == foreign
    with pytest.raises(NoCurrentSite):
        links.exists()
