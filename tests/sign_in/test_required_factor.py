"""`REQUIRE_MFA=staff`: nothing of the admin before a second factor is set up."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.accounts.models import User
from app.testing.surface import patterns
from tests.sign_in.factors import code_of, confirm, give_app, is_in, send_code, sign_in, text
from tests.support.makers import Browser, page
from tests.support.posts import post

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


def test_no_view_knows_a_person_without_one(root: User, north: Site) -> None:
    """Every address of the installed apps, with a superuser's session and without any."""
    set_up, differ = set(), []
    for pattern in patterns():
        for address in {f"/{path % dict.fromkeys(names, 1)}".replace("//", "/") for path, names in pattern.formats}:
            for method in ("get",) if pattern.model_admin else ("get", "post"):
                visitor, signed_in = (Browser("north.test", raise_request_exception=False) for _ in range(2))
                signed_in.force_login(root)
                if seen(getattr(visitor, method)(address)) != seen(getattr(signed_in, method)(address)):
                    differ.append((method, address))
            if getattr(getattr(pattern.callback, "view_class", None), "sets_up", False):
                set_up.add(address)
    assert set_up == {f"/admin/account/{name}" for name in ("factors/", "factors/app/", "factors/passkeys/add/")} | {
        f"/admin/account/confirm/{name}" for name in ("", "code/")
    }
    # The response to a passkey depends on whether there is a session, and not on the person.
    assert {address for _, address in differ} == {*set_up, "/admin/login/", "/admin/login/passkey/"}


def test_what_is_not_public_is_closed(root: User, north: Site, south: Site, at_north: Browser) -> None:
    page(north, slug="members", login_required=True)
    page(north, slug="draft", status="draft")
    post(north, slug="draft", status="draft")
    gets = ["/members/", "/draft/", "/blog/draft/", f"/admin/edit-on/{south.pk}/"]
    posts = ["/admin/switch-site/", "/admin/end-theme-preview/"]
    closed = [(302, "/admin/login/?next=/members/"), (404, ""), (404, "")]
    closed += [(302, f"/admin/login/?next=/admin/edit-on/{south.pk}/"), *[(302, "/admin/login/?next=/admin/")] * 2]

    def found() -> list[tuple[int, str]]:
        read = [at_north.get(address) for address in gets]
        return [seen(response) for response in [*read, *(at_north.post(path, {"site_id": south.pk}) for path in posts)]]

    sign_in(at_north, "root")
    assert found() == closed
    assert at_north.get("/members/", follow=True).redirect_chain[-1][0] == FACTORS
    give_app(root)
    assert found() == [(200, ""), (200, ""), (200, ""), (200, ""), (302, "/admin/"), (302, "/admin/")]


def test_a_choice_from_before_shows_no_other_site(root: User, north: Site, south: Site, at_north: Browser) -> None:
    page(south, slug="here", title="Of the South")
    secret = give_app(root)
    sign_in(at_north, "root")
    send_code(at_north, code_of(secret))
    at_north.post("/admin/switch-site/", {"site_id": south.pk})
    assert "Of the South" in at_north.get("/here/").content.decode()
    Authenticator.objects.all().delete()
    assert at_north.get("/here/").status_code == 404


def test_it_costs_visitors_nothing_and_others_one_query(
    nora: User, north: Site, at_north: Browser, settings: Settings
) -> None:
    page(north, slug="public")
    give_app(nora)
    signed_in = Browser("north.test")
    signed_in.force_login(nora)
    counts: dict[tuple[str, str], list[int]] = {}
    for _ in range(2):  # the first time fills what processes keep
        for required in ("off", "staff"):
            settings.REQUIRE_MFA = required
            for name, browser, address in (
                ("visitor", at_north, "/public/"),
                ("member", signed_in, "/public/"),
                ("admin", signed_in, "/admin/"),
            ):
                with CaptureQueriesContext(connection) as queries:
                    assert browser.get(address).status_code == 200
                counts.setdefault((name, required), []).append(len(queries))
    for name, more in (("visitor", 0), ("member", 1), ("admin", 1)):
        assert counts[name, "staff"][1] - counts[name, "off"][1] == more, counts


def seen(response: Any) -> tuple[int, str]:
    return response.status_code, response.headers.get("Location", "")
