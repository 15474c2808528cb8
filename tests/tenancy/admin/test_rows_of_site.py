"""Models of other apps, which are not site-related: nora, with every permission on north, gets nothing of south."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.flatpages.models import FlatPage
from django.contrib.redirects.models import Redirect
from django.contrib.sites.models import Site
from django.urls import reverse

from app.accounts.models import User
from app.tenancy.models import SiteRelated
from app.testing.forms import submitted
from tests.support.makers import Browser
from tests.third_party.models import Banner, Topic

CLOSED = sorted(
    (m for m in admin.site._registry if not issubclass(m, (SiteRelated, FlatPage, Redirect))),
    key=lambda model: model._meta.label,
)


@pytest.fixture
def nora_at_north(nora: User, at_north: Browser) -> Browser:
    Group.objects.get(name="Editor").permissions.set(Permission.objects.all())
    assert at_north.login(username="nora", password="nora")
    return at_north


def url(model: Any, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def flat_page(address: str, *sites: Site) -> FlatPage:
    page = FlatPage.objects.create(url=address, title=f"Title of {address}", content="<p>x</p>")
    page.sites.add(*sites)
    return page


def redirect(site: Site, path: str) -> Redirect:
    return Redirect.objects.create(site=site, old_path=path, new_path="/new/")


def test_it_finds_the_models() -> None:
    assert {Banner, Topic, User, Group, Site} == set(CLOSED)


@pytest.mark.parametrize("model", CLOSED, ids=lambda model: model._meta.label)
def test_what_belongs_to_no_site_is_for_superusers(model: Any, nora_at_north: Browser, north: Site, root: User) -> None:
    row = model.objects.first() or model.objects.create()
    pages = [url(model, "changelist"), *(url(model, page, row.pk) for page in ("change", "history"))]
    for address in (*pages, url(model, "add"), url(model, "delete", row.pk)):
        assert nora_at_north.get(address).status_code == 403, address
        assert nora_at_north.post(address, {"post": "yes"}).status_code == 403, address
    assert url(model, "changelist") not in nora_at_north.get("/admin/").content.decode()
    nora_at_north.login(username="root", password="root")
    for address in pages:
        assert nora_at_north.get(address).status_code == 200, address


@pytest.mark.parametrize("who", ["nora", "root"])
def test_souths_row_is_not_there(who: str, nora_at_north: Browser, root: User, north: Site, south: Site) -> None:
    nora_at_north.login(username=who, password=who)
    for own, foreign in (
        (flat_page("/own/", north), flat_page("/secret/", south)),
        (redirect(north, "/own/"), redirect(south, "/secret/")),
    ):
        model = type(own)
        listed = nora_at_north.get(url(model, "changelist")).content.decode()
        assert "/own/" in listed
        assert "/secret/" not in listed
        assert "south.test" not in listed or who == "root"  # in the switcher
        for page in ("change", "delete", "history"):
            assert nora_at_north.get(url(model, page, own.pk)).status_code == 200
            assert nora_at_north.get(url(model, page, foreign.pk)).status_code == 404
            assert nora_at_north.post(url(model, page, foreign.pk), {"post": "yes"}).status_code == 404
        chosen = {"action": "delete_selected", "_selected_action": [own.pk, foreign.pk], "post": "yes"}
        assert nora_at_north.post(url(model, "changelist"), chosen).status_code == 302
        assert list(model.objects.all()) == [foreign]
        model.objects.all().delete()


def test_new_rows_belong_to_the_current_site(nora_at_north: Browser, north: Site, south: Site) -> None:
    for model, field, values in (
        (FlatPage, "sites", {"url": "/new/", "title": "New"}),
        (Redirect, "site", {"old_path": "/old/", "new_path": "/new/"}),
    ):
        form = nora_at_north.get(url(model, "add")).content.decode()
        assert "south.test" not in form
        data = submitted(form, f"{model._meta.model_name}_form", **values)
        refused = nora_at_north.post(url(model, "add"), data | {field: [str(south.pk)]})
        assert "Select a valid choice" in refused.content.decode()
        assert nora_at_north.post(url(model, "add"), data).status_code == 302
        row: Any = model._default_manager.get()
        assert [site.pk for site in (row.sites.all() if model is FlatPage else [row.site])] == [north.pk]
        again = nora_at_north.post(url(model, "add"), data)
        assert again.status_code == 200
        assert "already exists" in again.content.decode()
    assert FlatPage.objects.get().sites.get() == north


def test_what_another_site_has_is_told_by_no_message(nora_at_north: Browser, south: Site) -> None:
    flat_page("/same/", south)
    redirect(south, "/same/")
    for model, values in ((FlatPage, {"url": "/same/", "title": "x"}), (Redirect, {"old_path": "/same/"})):
        form = nora_at_north.get(url(model, "add")).content.decode()
        data = submitted(form, f"{model._meta.model_name}_form", **values)
        assert nora_at_north.post(url(model, "add"), data).status_code == 302


def test_a_shared_row_is_for_superusers_to_change(nora_at_north: Browser, root: User, north: Site, south: Site) -> None:
    shared, own = flat_page("/shared/", north, south), flat_page("/own/", north)
    assert "/shared/" in nora_at_north.get(url(FlatPage, "changelist")).content.decode()
    shown = nora_at_north.get(url(FlatPage, "change", shared.pk))
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    assert nora_at_north.post(url(FlatPage, "change", shared.pk), {"title": "Changed"}).status_code == 403
    assert nora_at_north.post(url(FlatPage, "delete", shared.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [shared.pk, own.pk], "post": "yes"}
    assert nora_at_north.post(url(FlatPage, "changelist"), chosen).status_code == 403
    assert FlatPage.objects.count() == 2
    nora_at_north.login(username="root", password="root")
    form = nora_at_north.get(url(FlatPage, "change", shared.pk)).content.decode()
    data = submitted(form, "flatpage_form", title="Changed")
    assert sorted(data["sites"]) == sorted([str(north.pk), str(south.pk)])
    assert nora_at_north.post(url(FlatPage, "change", shared.pk), data).status_code == 302
    shared.refresh_from_db()
    assert (shared.title, shared.sites.count()) == ("Changed", 2)


def test_view_on_site_knows_own_rows_only(nora_at_north: Browser, north: Site, south: Site) -> None:
    kind = ContentType.objects.get_for_model(FlatPage).pk
    own, foreign = flat_page("/own/", north), flat_page("/secret/", south)
    assert nora_at_north.get(f"/admin/r/{kind}/{own.pk}/").headers["Location"] == "http://north.test/own/"
    assert nora_at_north.get(f"/admin/r/{kind}/{foreign.pk}/").status_code == 404
    topic = ContentType.objects.get_for_model(Topic).pk
    assert nora_at_north.get(f"/admin/r/{topic}/{Topic.objects.create(name='x').pk}/").status_code == 404
