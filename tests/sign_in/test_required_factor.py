"""`REQUIRE_MFA=staff`: nothing of the admin before a second factor is set up."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from tests.sign_in.factors import code_of, confirm, give_app, is_in, send_code, sign_in, text
from tests.support.makers import Browser

FACTORS = "/admin/account/factors/"


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.REQUIRE_MFA = "staff"


@pytest.mark.parametrize("name", ["nora", "root"])
def test_a_sign_in_leads_to_the_set_up(nora: User, root: User, at_north: Browser, name: str) -> None:
    response = at_north.post("/admin/login/", {"username": name, "password": name}, follow=True)
    assert response.redirect_chain[-1][0] == FACTORS
    assert "Everyone who works here needs a second factor." in text(response)
    assert "Recent actions" not in text(response)
    assert 'id="nav-sidebar"' not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    ["", "pages/page/", "pages/page/add/", "jsi18n/", "autocomplete/", "choose-site/", "r/1/1/", "status/", "account/"]
    + [f"account/{page}/" for page in ("name", "email", "password", "factors/codes", "factors/codes/new")],
)
def test_nothing_else_opens_before(root: User, at_north: Browser, path: str) -> None:
    sign_in(at_north, "root")
    for method in (at_north.get, at_north.post):
        response = method(f"/admin/{path}", follow=True)
        assert response.redirect_chain[-1][0] == FACTORS, path


def test_after_the_set_up_all_is_open(nora: User, at_north: Browser) -> None:
    sign_in(at_north, "nora")
    confirm(at_north, "nora")
    assert at_north.get(f"{FACTORS}app/").status_code == 200
    assert not is_in(at_north)
    give_app(nora)
    assert is_in(at_north)
    assert at_north.get("/admin/account/").status_code == 200


def test_who_has_one_is_asked_for_nothing_more(nora: User, at_north: Browser) -> None:
    secret = give_app(nora)
    sign_in(at_north, "nora")
    assert send_code(at_north, code_of(secret)).headers["Location"] == "/admin/"
    assert is_in(at_north)


def test_recovery_codes_alone_are_no_factor(nora: User, at_north: Browser) -> None:
    sign_in(at_north, "nora")
    assert not is_in(at_north)


def test_a_person_can_leave_without_one(nora: User, at_north: Browser) -> None:
    sign_in(at_north, "nora")
    assert at_north.post("/admin/logout/").status_code == 200
    assert at_north.get(FACTORS).headers["Location"].startswith("/admin/login/")


def test_visitors_and_people_without_a_role_see_the_sign_in(sam: User, at_north: Browser) -> None:
    assert at_north.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"
    at_north.force_login(sam)
    assert at_north.get("/admin/login/").status_code == 200


def test_off_is_off(nora: User, at_north: Browser, settings: Settings, north: Site) -> None:
    settings.REQUIRE_MFA = "off"
    sign_in(at_north, "nora")
    assert is_in(at_north)
