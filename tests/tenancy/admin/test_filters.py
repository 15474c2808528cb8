"""What an address may filter, order and search by: only what the admin shows. For every registered admin class."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.sites.models import Site
from django.db import models
from django.test import RequestFactory

from app.accounts.models import User
from app.tenancy.admin.site_related import OfferedFilters
from app.tenancy.current import use_site
from app.twitter.models import Credential
from tests.support.makers import Browser, person
from tests.support.twitter import make_feed

ADMINS = sorted(admin.site._registry.values(), key=lambda one: one.opts.label)
every_admin = pytest.mark.parametrize("model_admin", ADMINS, ids=lambda one: one.opts.label)
LOOKUPS = ("", "__exact", "__regex", "__startswith", "__contains", "__gt", "__in", "__isnull")


def paths(model: type[models.Model], depth: int = 2) -> set[str]:
    """Every field, and every field that relations in both directions lead to."""
    found: set[str] = set()
    for field in model._meta.get_fields(include_hidden=True):
        found.add(field.name)
        if field.is_relation and field.related_model and depth > 1:
            found |= {f"{field.name}__{path}" for path in paths(field.related_model, depth - 1)}
    return found


def offered(model_admin: admin.ModelAdmin[Any]) -> set[str]:
    """The fields that the list offers filters for, and the keys of those that are relations."""
    names = {item[0] if isinstance(item, tuple) else item for item in model_admin.list_filter}
    names = {getattr(name, "parameter_name", name) for name in names}
    return {str(name) for name in names} | {f"{name}__id" for name in names} | {str(model_admin.date_hierarchy)}


@pytest.fixture
def boss(root: User, at_north: Browser) -> Browser:
    at_north.force_login(root)
    return at_north


@every_admin
def test_no_field_is_reached_that_the_list_offers_no_filter_for(
    model_admin: admin.ModelAdmin[Any], root: User, north: Site
) -> None:
    assert isinstance(model_admin, OfferedFilters)
    request = RequestFactory().get("/")
    request.user = root
    with use_site(north):
        reached = {
            path + lookup
            for path in paths(model_admin.model)
            for lookup in LOOKUPS
            if model_admin.lookup_allowed(path + lookup, "x", request)
        }

    safe = {path + lookup for path in offered(model_admin) for lookup in ("", "__exact", "__gt", "__in", "__isnull")}
    assert reached <= safe


@every_admin
def test_address_with_another_filter_is_refused(model_admin: admin.ModelAdmin[Any], boss: Browser) -> None:
    address = f"/admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
    field = next(f for f in model_admin.opts.concrete_fields if f.name not in offered(model_admin) and f.name != "id")
    assert boss.get(address, follow=True).status_code == 200  # a kind of page leads to the list of pages
    for query in (f"{field.name}__regex=^a", f"{field.name}=a", "id__gt=0", "pk__in=1"):
        assert boss.get(f"{address}?{query}", follow=True).status_code == 400, query


@every_admin
def test_order_of_an_address_is_by_a_column(model_admin: admin.ModelAdmin[Any], root: User, north: Site) -> None:
    request = RequestFactory().get("/")
    request.user = root
    with use_site(north):
        changes: ChangeList = model_admin.get_changelist_instance(request)
        columns = {changes.get_ordering_field(name) for name in changes.list_display}
        allowed = {str(column).lstrip("-") for column in columns} | {"pk", "-pk"}
        allowed |= {
            str(name).lstrip("-") for name in model_admin.get_ordering(request) or model_admin.opts.ordering or ()
        }
        for wanted in ("token", "user__password", "-1", "1", "2.-3", "99", "0", *paths(model_admin.model)):
            request = RequestFactory().get("/", {"o": wanted})
            request.user = root
            changes = model_admin.get_changelist_instance(request)
            order = changes.get_ordering(request, model_admin.get_queryset(request))
            assert {str(name).lstrip("-") for name in order} <= allowed, wanted


@every_admin
def test_no_search_reads_a_secret(model_admin: admin.ModelAdmin[Any]) -> None:
    named = (*model_admin.search_fields, *model_admin.list_filter, *model_admin.list_display)
    assert not [name for name in named if re.search("password|token|secret|session", str(name))]


def test_token_cannot_be_found_out_by_its_letters(north: Site, at_north: Browser) -> None:
    at_north.force_login(person("nils", north, "Site admin"))
    with use_site(north):
        Credential.objects.create(token="AAAAnorthern")

    for query in ("token__regex=^A", "token__startswith=A", "token=AAAAnorthern", "site__name__startswith=N"):
        assert at_north.get(f"/admin/twitter/credential/?{query}").status_code == 400
    for query in ("q=AAAA", "o=token", "o=1", "_to_field=id"):
        assert b"1 X credential" in at_north.get(f"/admin/twitter/credential/?{query}").content


def test_password_of_a_member_cannot_be_found_out(north: Site, at_north: Browser) -> None:
    at_north.force_login(person("nils", north, "Site admin"))

    assert at_north.get("/admin/tenancy/membership/?user__password__startswith=md5").status_code == 400
    assert at_north.get("/admin/tenancy/membership/?role__permissions__codename=add_page").status_code == 400


@pytest.mark.parametrize("address", ["/admin/twitter/feed/", "/admin/sites/site/", "/admin/accounts/user/"])
def test_every_link_of_a_list_still_works(address: str, north: Site, boss: Browser) -> None:
    make_feed(north, "user", "nasa")

    links = re.findall(r'href="(\?[^"]+)"', boss.get(address).content.decode())

    assert any("__exact=" in link for link in links)
    for link in links:
        assert boss.get(address + unescape(link)).status_code == 200, link
