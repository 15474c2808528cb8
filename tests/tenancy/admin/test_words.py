"""No page of the admin speaks of functions or of selecting something to change."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.forms.utils import pretty_name

from app.accounts.models import User
from tests.support.makers import Browser, page

STOCK = re.compile(r"^Select |administration$|multiple objects")


@pytest.fixture
def browser(root: User, at_north: Browser) -> Browser:
    assert at_north.login(username="root", password="root")
    return at_north


def columns() -> list[tuple[admin.ModelAdmin[Any], str]]:
    return [
        (model_admin, name)
        for model_admin in admin.site._registry.values()
        for name in (*model_admin.list_display, *model_admin.readonly_fields)
        if isinstance(name, str) and name != "__str__"
    ]


def is_field(model: type[models.Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def test_no_column_has_the_name_of_a_function() -> None:
    raw = [
        f"{model_admin}: {name}"
        for model_admin, name in columns()
        if not is_field(model_admin.model, name)
        and str(label_for_field(name, model_admin.model, model_admin)) == pretty_name(name)
        and not hasattr(getattr(model_admin, name, getattr(model_admin.model, name, None)), "short_description")
    ]
    assert raw == []


def titles(browser: Browser, address: str) -> list[str]:
    html = browser.get(address).content.decode()
    title = re.findall(r"<title>(.*?)</title>", html, re.DOTALL)[0]
    return [unescape(text).strip() for text in [title, *re.findall(r"<h1[^>]*>([^<]*)</h1>", html)]]


def test_no_title_is_djangos(browser: Browser, north: Site) -> None:
    row = page(north)
    listed = [entry for group in browser.get("/admin/").context["app_list"] for entry in group["models"]]
    addresses = [entry["admin_url"] for entry in listed]
    addresses += [f"{address}?_popup=1" for address in addresses if "?" not in address]
    addresses += [f"/admin/{label}/" for label in {model._meta.app_label for model in admin.site._registry}]
    shown = {address: titles(browser, address) for address in (*addresses, "/admin/")}
    assert [found for found in shown.items() if any(STOCK.search(text) for text in found[1])] == []
    assert shown["/admin/pages/page/"] == ["Pages | North", "Pages"]
    assert shown["/admin/pages/page/?_popup=1"][1] == "Choose from: Pages"
    assert shown["/admin/tenancy/auditentry/"][1] == "Activity"
    role = Group.objects.get(name="Author")
    assert titles(browser, "/admin/auth/group/add/")[1] == "Add role"
    assert titles(browser, f"/admin/auth/group/{role.pk}/change/")[1] == "Change role"
    chosen = {"action": "delete_selected", "_selected_action": [row.pk]}
    html = browser.post("/admin/pages/page/", chosen).content.decode()
    assert "<h1>Delete page</h1>" in html
