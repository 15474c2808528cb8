"""Who may not open a page above the sites does not learn from its response which rows exist."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site

from app.accounts.models import User
from tests.support.makers import Browser
from tests.third_party.models import Banner

PAGES = ("change", "delete", "history")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("model", [User, Group, Site, Banner], ids=lambda model: model._meta.label)
def test_a_page_of_a_row(model: Any, page: str, nora: User, at_north: Browser) -> None:
    at_north.force_login(nora)
    key = model.objects.values_list("pk", flat=True).first() or Banner.objects.create(text="Sale").pk
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/%s/{page}/"
    assert [at_north.get(address % pk).status_code for pk in (key, 10**6)] == [403, 403]


@pytest.mark.parametrize("page", ["factors", "password"])
def test_a_page_of_an_account(page: str, nora: User, at_north: Browser) -> None:
    at_north.force_login(nora)
    address = f"/admin/accounts/user/%s/{page}/"
    assert [at_north.get(address % pk).status_code for pk in (nora.pk, 10**6)] == [403, 403]
