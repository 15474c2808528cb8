"""Nobody makes an account for herself, and nothing of allauth exists that the platform does not use."""

from __future__ import annotations

import pytest
from allauth.account.adapter import get_adapter
from django.contrib import admin
from django.test import RequestFactory

from tests.support.makers import Browser


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_sign_up(at_north: Browser, method: str) -> None:
    assert getattr(at_north, method)("/admin/account/signup/").status_code == 404


def test_the_adapter_is_closed() -> None:
    assert not get_adapter().is_open_for_signup(RequestFactory().get("/"))


def test_the_tables_of_allauth_are_not_in_the_admin() -> None:
    assert not [m._meta.label for m in admin.site._registry if m.__module__.startswith("allauth")]
