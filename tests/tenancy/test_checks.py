"""Mistakes of a developer stop at `manage.py check`, by id."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.redirects.models import Redirect
from django.contrib.sites.models import Site
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps
from pytest_django import Settings

from app.tenancy import checks
from app.tenancy.admin import ActionsBelongToTheSite, RowsOfSiteAdmin, SiteRelatedAdmin, SuperusersOnly
from app.tenancy.admin.checks import lookups, registered_models
from app.tenancy.admin.rows_of_site import bound_to_site
from app.tenancy.isolation.managers import SiteManager
from app.tenancy.models import SiteRelated
from tests.third_party.models import Banner, Label


def ids(model: type[models.Model], monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    monkeypatch.setattr(apps, "get_models", lambda: [model])
    return [message.id for message in checks.site_related(None)]


def test_the_product_passes_its_own_checks() -> None:
    found = [(message.id, message.obj) for message in run_checks() if (message.id or "").startswith("tenancy.")]
    assert found == [("tenancy.W002", Banner)]  # of the app in tests/third_party


@pytest.mark.parametrize("base", [admin.ModelAdmin, ActionsBelongToTheSite])
def test_an_admin_that_opens_the_rows_of_all_sites_to_roles(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    registry: dict[Any, Any] = admin.site._registry
    for model in (Banner, Redirect):
        opened = type("Opened", (base,), {"open_to_roles": True})
        monkeypatch.setitem(registry, model, bound_to_site(model, opened)(model, admin.site))
    ids = [(message.id, message.obj) for message in registered_models(None)]
    assert sorted(ids, key=str) == [("tenancy.E005", Redirect), ("tenancy.E005", Banner)]


@pytest.mark.parametrize("base", [SuperusersOnly, RowsOfSiteAdmin])
def test_an_admin_that_says_who_sees_the_rows(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = type("Stated", (base,), {"site_field": "sites"})
    registry: dict[Any, Any] = admin.site._registry
    monkeypatch.setitem(registry, Banner, bound_to_site(Banner, stated)(Banner, admin.site))
    assert registered_models(None) == []


@isolate_apps("tests.third_party")
def test_a_site_key_outside_site_related(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loose(models.Model):
        owner = models.ForeignKey(Site, on_delete=models.CASCADE)

        class Meta:
            app_label = "third_party"

    assert ids(Loose, monkeypatch) == ["tenancy.E001"]


@isolate_apps("tests.third_party")
def test_uniqueness_without_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unique(SiteRelated):
        name = models.CharField(max_length=5, unique=True)
        twin = models.CharField(max_length=5)

        class Meta:
            app_label = "third_party"
            constraints = [
                models.UniqueConstraint(fields=["twin"], name="twin"),
                models.UniqueConstraint(fields=["site", "twin"], name="fine"),
            ]

    assert ids(Unique, monkeypatch) == ["tenancy.E002", "tenancy.E002"]


@isolate_apps("tests.third_party")
def test_an_unscoped_default_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unscoped(SiteRelated):
        objects = models.Manager()  # type: ignore[assignment]  # the mistake

        class Meta:
            app_label = "third_party"

    assert ids(Unscoped, monkeypatch) == ["tenancy.E003"]


@isolate_apps("tests.third_party")
def test_a_second_unscoped_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    class Second(SiteRelated):
        objects = SiteManager()
        everything = models.Manager["Second"]()

        class Meta:
            app_label = "third_party"

    class Redefined(SiteRelated):
        objects = SiteManager()
        all_sites = models.Manager()  # type: ignore[assignment]  # the mistake

        class Meta:
            app_label = "third_party"

    assert ids(Second, monkeypatch) == ["tenancy.E003"]
    assert ids(Redefined, monkeypatch) == ["tenancy.E003"]


@isolate_apps("tests.third_party")
def test_an_unscoped_manager_that_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counted(models.Model):
        counted = models.Manager["Counted"]()

        class Meta:
            abstract = True

    class Inherited(Counted, SiteRelated):
        class Meta:
            app_label = "third_party"

    class Scoped(SiteRelated):
        class Meta:
            app_label = "third_party"

    class Proxy(Scoped):
        everything = models.Manager["Scoped"]()

        class Meta:
            app_label = "third_party"
            proxy = True

    assert set(ids(Inherited, monkeypatch)) == {"tenancy.E003"}
    assert ids(Scoped, monkeypatch) == []
    assert set(ids(Proxy, monkeypatch)) == {"tenancy.E003"}


@isolate_apps("tests.third_party")
def test_a_manager_that_drops_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(SiteManager):
        def get_queryset(self) -> Any:
            return super(SiteManager, self).get_queryset()

    class Either(SiteManager):
        def get_queryset(self) -> Any:
            return super().get_queryset() | super(SiteManager, self).get_queryset().filter(pk=1)

    class Dropped(SiteRelated):
        objects = Forgetful()

        class Meta:
            app_label = "third_party"

    class Weakened(SiteRelated):
        objects = Either()

        class Meta:
            app_label = "third_party"

    assert ids(Dropped, monkeypatch) == ["tenancy.E003"]
    assert ids(Weakened, monkeypatch) == ["tenancy.E003"]


@isolate_apps("tests.third_party")
def test_a_manager_of_all_sites_where_django_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    class ByDefault(SiteRelated):
        class Meta:
            app_label = "third_party"
            default_manager_name = "all_sites"

    class AsBase(SiteRelated):
        class Meta:
            app_label = "third_party"
            base_manager_name = "all_sites"

    assert ids(ByDefault, monkeypatch) == ["tenancy.E003"]
    assert ids(AsBase, monkeypatch) == ["tenancy.E003"]


@isolate_apps("tests.third_party")
def test_a_history_as_packages_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the model beside it, with a manager of its own that a descriptor returns."""

    class Kept(SiteRelated):
        class Meta:
            app_label = "third_party"

    class HistoricalKept(models.Model):
        site = models.ForeignKey(Site, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
        text = models.CharField(max_length=50)

        class Meta:
            app_label = "third_party"

    class HistoricalWithoutSite(models.Model):
        kept = models.ForeignKey(Kept, on_delete=models.DO_NOTHING, db_constraint=False, related_name="history")

        class Meta:
            app_label = "third_party"

    assert ids(HistoricalKept, monkeypatch) == ["tenancy.E001"]
    assert ids(HistoricalWithoutSite, monkeypatch) == ["tenancy.E006"]


@isolate_apps("tests.third_party")
def test_a_link_from_a_model_that_is_not_site_related(monkeypatch: pytest.MonkeyPatch) -> None:
    class Target(SiteRelated):
        others = models.ManyToManyField("self", through="Between")

        class Meta:
            app_label = "third_party"

    class Between(models.Model):
        one = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
        other = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "third_party"

    class Many(models.Model):
        targets = models.ManyToManyField(Target)

        class Meta:
            app_label = "third_party"

    assert ids(Between, monkeypatch) == ["tenancy.E006", "tenancy.E006"]
    assert ids(Many, monkeypatch) == ["tenancy.E006"]
    assert ids(Target, monkeypatch) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"lookup_allowed": lambda *_: True}, "tenancy.E007"),
        ({"list_filter": ("token",)}, "tenancy.E008"),
        ({"search_fields": ("=token",)}, "tenancy.E008"),
        ({"list_filter": (("user__password", admin.AllValuesFieldListFilter),)}, "tenancy.E008"),
        ({"list_filter": ("site", admin.SimpleListFilter), "search_fields": ("name",)}, None),
    ],
)
def test_what_the_address_of_a_list_may_find_out(body: Any, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry: dict[Any, Any] = admin.site._registry
    changed = type("Changed", (SiteRelatedAdmin,), body)
    monkeypatch.setitem(registry, Label, changed(Label, admin.site))
    assert [message.id for message in lookups(None)] == ([expected] if expected else [])


def test_the_order_of_middlewares(settings: Settings) -> None:
    assert not checks.middleware_order()
    swapped = list(settings.MIDDLEWARE)
    host, session = (swapped.index(name) for name in (checks.ORDER[0], checks.ORDER[2]))
    swapped[host], swapped[session] = swapped[session], swapped[host]
    settings.MIDDLEWARE = swapped
    assert [message.id for message in checks.middleware_order()] == ["tenancy.E004"]
    settings.MIDDLEWARE = [name for name in swapped if name != checks.ORDER[4]]
    assert [message.id for message in checks.middleware_order()] == ["tenancy.E004"]
