"""A field with the widget of a password: no page has its stored value, nor what could confirm a guess of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.db import models
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.admin.newer_save import digests, refuse_to_replace_newer_values
from app.tenancy.admin.secret_fields import is_secret
from app.tenancy.current import use_site
from app.tenancy.models import AuditEntry, SiteRelated
from app.testing.forms import submitted
from app.twitter.models import Credential
from tests.support.makers import Browser, make_row, person
from tests.third_party.models import Label

# Entries of activity are written by the product only.
REGISTERED = sorted(admin.site._registry.keys() - {AuditEntry}, key=lambda model: model._meta.label)
SECRET = "a-secret-of-north"
TYPED = "what-was-typed"


class SecretLabelForm(forms.ModelForm[Label]):
    name = forms.CharField(widget=forms.PasswordInput())

    class Meta:
        model = Label
        fields = ("name",)


class ByWidgets(forms.ModelForm[Label]):
    class Meta:
        model = Label
        fields = ("name",)
        widgets = {"name": forms.PasswordInput}


class OfTwoParts(forms.ModelForm[Label]):
    name = forms.CharField(widget=forms.MultiWidget([forms.PasswordInput()]))

    class Meta:
        model = Label
        fields = ("name",)


def by_declaration(label: Any) -> None:
    label.form = SecretLabelForm


def by_widgets(label: Any) -> None:
    label.form = ByWidgets


def by_overrides(label: Any) -> None:
    label.formfield_overrides = {**label.formfield_overrides, models.CharField: {"widget": forms.PasswordInput}}


WAYS = pytest.mark.parametrize("make_secret", [by_declaration, by_widgets, by_overrides])


@pytest.fixture
def of_labels(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The admin class of an app from outside, as it is during a test."""
    monkeypatch.setattr(Label, "__str__", lambda _: "a label")
    label: Any = admin.site._registry[Label]
    before = dict(vars(label))
    yield label
    vars(label).clear()
    vars(label).update(before)


def address(model: Any, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def assert_hidden(page: str) -> None:
    assert SECRET not in page
    assert sha256(SECRET.encode()).hexdigest()[:16] not in page


def pages_of_a_form(browser: Browser, row: Any, secrets: list[str]) -> list[str]:
    """The form, and the form after a save for which somebody else has changed everything."""
    change = address(type(row), "change", row.pk)
    newer = {"_opened_with": json.dumps(dict.fromkeys(secrets, "x")), **dict.fromkeys(secrets, TYPED)}
    form = browser.get(change).content.decode()
    name = f"{row._meta.model_name}_form"
    return [form, browser.post(change, dict(submitted(form, name, **newer))).content.decode()]


def secret_fields_of(model: Any, row: Any) -> list[str]:
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="root")
    form = admin.site._registry[model].get_form(request, row, change=True)
    return [name for name, field in form.base_fields.items() if is_secret(field) and not field.disabled]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_no_form_of_a_registered_model_shows_a_secret(model: Any, north: Site, root: User, at_north: Browser) -> None:
    at_north.force_login(root)
    with use_site(north):
        row: Any = make_row(model) if issubclass(model, SiteRelated) else north if model is Site else model()
        secrets = secret_fields_of(model, row)
    assert bool(secrets) == (model is Credential), "what this test is for is found"
    if not secrets:
        return
    with use_site(north):
        model.objects.filter(pk=row.pk).update(**dict.fromkeys(secrets, SECRET))
        title = str(model.objects.get(pk=row.pk))
    for page in pages_of_a_form(at_north, row, secrets):
        assert_hidden(page.replace(title, ""))
    assert "Stored now: a value that is never shown" in page


OF_SITES = [model for model in REGISTERED if issubclass(model, SiteRelated)]


@pytest.mark.parametrize("model", OF_SITES, ids=lambda model: model._meta.label)
def test_the_form_of_a_registered_model_opens_with_its_read_only_fields(
    model: Any, north: Site, root: User, at_north: Browser
) -> None:
    at_north.force_login(root)
    with use_site(north):
        row = make_row(model)
    assert at_north.get(address(model, "change", row.pk)).status_code == 200
    assert at_north.get(address(model, "add")).status_code in {200, 403}  # some rows are written by the product only


@WAYS
def test_nor_that_of_an_app_from_outside(
    north: Site, root: User, at_north: Browser, of_labels: Any, make_secret: Any
) -> None:
    make_secret(of_labels)
    at_north.force_login(root)
    with use_site(north):
        row = Label.objects.create(name=SECRET)
    form, refused = pages_of_a_form(at_north, row, ["name"])
    assert 'type="password"' in form
    assert "Stored now: a value that is never shown" in refused
    assert_hidden(form + refused)


def test_a_widget_of_parts_is_secret_if_one_is() -> None:
    assert is_secret(OfTwoParts.base_fields["name"])
    assert not is_secret(forms.CharField())


def test_a_newer_secret_is_still_not_replaced(north: Site, root: User, at_north: Browser) -> None:
    at_north.force_login(root)
    with use_site(north):
        row = make_row(Credential)
    change = address(Credential, "change", row.pk)
    opened = dict(submitted(at_north.get(change).content.decode(), "credential_form", token=TYPED))
    with use_site(north):
        Credential.objects.filter(pk=row.pk).update(token=SECRET)
    refused = at_north.post(change, opened)
    assert refused.status_code == 200
    assert Credential.all_sites.get(pk=row.pk).token == SECRET
    again = submitted(refused.content.decode(), "credential_form", token=TYPED)
    assert at_north.post(change, again).status_code == 302
    assert Credential.all_sites.get(pk=row.pk).token == TYPED


def test_the_digest_needs_the_key_of_the_deployment_and_is_of_one_row(
    north: Site, of_labels: Any, settings: Settings
) -> None:
    with use_site(north):
        one, two = Label(pk=1, name=SECRET), Label(pk=2, name=SECRET)
        found = set()
        for row in (one, two):
            row._state.adding = False
            for key in ("x" * 50, "y" * 50):
                settings.SECRET_KEY = key
                found.add(digests(refuse_to_replace_newer_values(SecretLabelForm)(instance=row)))
    assert len(found) == 4


@WAYS
def test_a_list_has_no_hidden_copy(
    north: Site, root: User, at_north: Browser, of_labels: Any, make_secret: Any
) -> None:
    make_secret(of_labels)
    of_labels.list_display, of_labels.list_editable = ("pk", "name"), ("name",)
    if make_secret is not by_overrides:
        of_labels.get_changelist_form = lambda request, **kwargs: type(of_labels).get_changelist_form(
            of_labels, request, **{**kwargs, "form": of_labels.form}
        )
    with use_site(north):
        Label.objects.create(name=SECRET)
    at_north.force_login(root)
    page = at_north.get(address(Label, "changelist")).content.decode()
    assert 'type="password"' in page
    assert SECRET not in page


@pytest.mark.parametrize("model", [Credential, Label])
def test_who_may_only_view_a_row_does_not_see_it(north: Site, at_north: Browser, of_labels: Any, model: Any) -> None:
    by_declaration(of_labels)
    role = Group.objects.create(name="Reader")
    role.permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    name = "token" if model is Credential else "name"
    with use_site(north):
        row = make_row(model)
        model.objects.filter(pk=row.pk).update(**{name: SECRET})
        title = str(model.objects.get(pk=row.pk))  # of a credential, it identifies the token
    at_north.force_login(person("rita", north, "Reader"))
    page = at_north.get(address(model, "change", row.pk)).content.decode()
    assert "a value that is never shown" in page
    assert_hidden(page.replace(title, ""))
