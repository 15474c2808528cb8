"""Every page of every registered model opens after every action that leaves a log entry."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.flatpages.models import FlatPage
from django.contrib.redirects.models import Redirect
from django.contrib.sites.models import Site
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from app.accounts.models import User
from app.menus.models import MenuEntry
from app.pages.models import LinkPage, Page
from app.publishing.models import Publishable
from app.tenancy.current import use_site
from app.tenancy.models import AuditEntry, SiteRelated
from app.testing.forms import submitted
from app.twitter.models import Credential
from tests.support.makers import Browser, make_row
from tests.third_party.models import Banner, Topic

# Of what only the product itself writes, tests/tenancy/audit opens every page.
REGISTERED = sorted(admin.site._registry.keys() - {AuditEntry}, key=lambda model: model._meta.label)
every_registered_model = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)


@pytest.fixture
def browser(root: User, at_north: Browser) -> Browser:
    assert at_north.login(username="root", password="root")
    return at_north


def row_of(model: Any, north: Site) -> Any:
    """A new row that the admin of north shows."""
    if issubclass(model, SiteRelated):
        with use_site(north):
            return make_row(model)
    if model in {FlatPage, Banner}:
        row = FlatPage(url="/flat/", title="Flat") if model is FlatPage else Banner(text="Sale")
        row.save()
        row.sites.add(north)
        return row
    makers: dict[Any, Any] = {
        Site: lambda: north,
        User: lambda: User.objects.create_user("someone"),
        Group: lambda: Group.objects.get(name="Author"),
        Redirect: lambda: Redirect.objects.create(site=north, old_path="/a/", new_path="/b/"),
        Topic: lambda: Topic.objects.create(name="Weather"),
    }
    return makers[model]()


def url(model: Any, page: str, *arguments: object) -> str:
    if issubclass(model, Page) and page == "changelist":
        model = Page  # one list has the pages of all kinds
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def entries_of(row: Any) -> int:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk)).count()


@every_registered_model
def test_every_page_opens_after_every_logged_action(model: Any, browser: Browser, north: Site, south: Site) -> None:
    row = row_of(model, north)
    change = url(model, "change", row.pk)
    form = browser.get(change).content.decode()
    needed = {
        Credential: {"token": "never-shown-again"},
        LinkPage: {"address": "/elsewhere/", "target": ""},
        MenuEntry: {"address": "/elsewhere/"},
    }
    given = needed.get(model, {})
    assert browser.post(change, submitted(form, f"{model._meta.model_name}_form", **given)).status_code == 302
    assert entries_of(row) == 1
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="root")
    with use_site(north):
        actions = set(admin.site._registry[model].get_actions(request)) - {"delete_selected"}
    if isinstance(row, Publishable):
        with use_site(north):
            type(row).objects.filter(pk=row.pk).update(status=Publishable.Status.DRAFT)  # "publish" comes first
    for action in sorted(actions):
        answer = browser.post(url(model, "changelist"), {"action": action, "_selected_action": [row.pk]})
        assert answer.status_code == 302, action
    if model is Site:
        assert browser.post("/admin/switch-site/", {"site_id": north.pk}).status_code == 302
    if model is User:
        password = {"password1": "a good long password", "password2": "a good long password"}
        assert browser.post(f"/admin/accounts/user/{row.pk}/password/", password).status_code == 302
    assert entries_of(row) >= 1 + len(actions) + (model in {Site, User})
    deletes = model is not Site  # a site is archived, not deleted
    pages = [url(model, "changelist"), url(model, "add"), change, url(model, "history", row.pk)]
    pages += [url(model, "delete", row.pk)] * deletes
    for address in ("/admin/", *pages):
        assert browser.get(address).status_code == 200, address
    if deletes:
        assert browser.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 302
        for address in ("/admin/", url(model, "changelist")):
            assert browser.get(address).status_code == 200, address


def test_entries_of_earlier_versions_can_be_read_after_the_migration(browser: Browser, root: User, north: Site) -> None:
    unreadable = '[{"changed": {"object": "Switched to it"}}]'
    LogEntry.objects.log_actions(root.pk, Site.objects.filter(pk=north.pk), CHANGE, unreadable)
    LogEntry.objects.log_actions(root.pk, Site.objects.filter(pk=north.pk), CHANGE, "Something else.")
    with pytest.raises(KeyError, match="fields"):
        browser.get(url(Site, "history", north.pk))
    migration = import_module("app.tenancy.migrations.0004_readable_switch_entries")
    migration.mend(apps, SimpleNamespace(connection=connection))
    page = browser.get(url(Site, "history", north.pk))
    assert page.status_code == 200
    assert b"Switched to this site." in page.content
    assert b"Something else." in page.content
