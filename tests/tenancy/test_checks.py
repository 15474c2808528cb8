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
from app.tenancy.admin import ActionsBelongToTheSite, RowsOfSiteAdmin, SuperusersOnly
from app.tenancy.admin.checks import registered_models
from app.tenancy.admin.rows_of_site import bound_to_site
from app.tenancy.isolation.managers import SiteManager
from app.tenancy.models import SiteRelated
from tests.third_party.models import Banner


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


def test_the_order_of_middlewares(settings: Settings) -> None:
    assert not checks.middleware_order()
    swapped = list(settings.MIDDLEWARE)
    host, session = (swapped.index(name) for name in (checks.ORDER[0], checks.ORDER[2]))
    swapped[host], swapped[session] = swapped[session], swapped[host]
    settings.MIDDLEWARE = swapped
    assert [message.id for message in checks.middleware_order()] == ["tenancy.E004"]
    settings.MIDDLEWARE = [name for name in swapped if name != checks.ORDER[4]]
    assert [message.id for message in checks.middleware_order()] == ["tenancy.E004"]
