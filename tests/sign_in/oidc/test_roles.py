"""A claim gives roles per site, at each sign-in; roles given by hand stay."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.current import use_site
from app.tenancy.models import Membership, SiteProfile
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import is_signed_in, sign_in
from tests.support.commands import call
from tests.support.logs import Lines
from tests.support.makers import Browser


@pytest.fixture(autouse=True)
def on(provider: Provider, north: Site, south: Site, settings: Settings) -> None:
    settings.OIDC_ROLES_CLAIM = "roles"
    settings.OIDC_CREATE_USERS = True
    for site in (north, south):
        SiteProfile.objects.filter(site=site).update(key=site.name.lower())


def roles(username: str) -> dict[str, str]:
    rows = Membership.all_sites.filter(user__username=username)
    return dict(rows.values_list("site__name", "role__name"))


def come(provider: Provider, browser: Browser, claim: Any, name: str = "ida", **more: Any) -> int:
    """A sign-in of a person with this claim; its status."""
    provider.knows(name, preferred_username=name, **more, **({} if claim is None else {"roles": claim}))
    return int(sign_in(browser, provider, name).status_code)


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ({"north": "Editor"}, {"North": "Editor"}),
        ({"north": "editor", "south": "Author"}, {"North": "Editor", "South": "Author"}),
        ({"north": ["Author", "Site admin", "Editor"]}, {"North": "Site admin"}),
        (["north:Editor", "south:Author", "offline_access"], {"North": "Editor", "South": "Author"}),
        (["north:Author", "north:Editor"], {"North": "Editor"}),
        ("north:Editor", {"North": "Editor"}),
        ("*:Editor", {"North": "Editor"}),
        ({"*": "Author", "north": "Editor", "south": "Author"}, {"North": "Editor", "South": "Author"}),
    ],
)
def test_a_new_person(provider: Provider, at_north: Browser, claim: Any, given: dict[str, str]) -> None:
    status = come(provider, at_north, claim, email="ida@example.test", email_verified=True, given_name="Ida")
    assert (status, roles("ida")) == (302, given)
    assert is_signed_in(at_north)
    ida = User.objects.get(username="ida")
    assert (ida.email, ida.first_name, ida.has_usable_password()) == ("ida@example.test", "Ida", False)
    assert not ida.is_superuser


@pytest.mark.parametrize(
    "claim", [None, [], {}, "", "Editor", ["Editor"], 5, {"north": 5}, {"nowhere": "Editor"}, {"north": "Emperor"}]
)
def test_no_account_without_a_role(provider: Provider, at_north: Browser, claim: Any) -> None:
    assert come(provider, at_north, claim) == 403
    assert not User.objects.exists()


def test_no_account_unless_the_setting_says_so(provider: Provider, at_north: Browser, settings: Settings) -> None:
    settings.OIDC_CREATE_USERS = False
    assert come(provider, at_north, "north:Editor") == 403
    assert not User.objects.exists()


@pytest.mark.parametrize("taken", [{"name": "NORA"}, {"name": "new", "email": "nora@example.test"}])
def test_no_second_account_of_a_person(
    provider: Provider, nora: User, at_north: Browser, lines: Lines, taken: dict[str, str]
) -> None:
    assert come(provider, at_north, "north:Site admin", **taken) == 403
    assert User.objects.count() == 1
    assert roles("nora") == {"North": "Editor"}
    assert "name_or_email_is_taken" in str(lines())


def test_a_name_that_no_account_may_have(provider: Provider, at_north: Browser) -> None:
    assert come(provider, at_north, "north:Editor", preferred_name="") == 302
    provider.knows("odd", preferred_username="deleted:5", roles="north:Editor")
    assert sign_in(at_north, provider, "odd").status_code == 403


def test_an_unverified_address_is_not_kept(provider: Provider, at_north: Browser) -> None:
    come(provider, at_north, "north:Editor", email="somebody@example.test", email_verified=False)
    assert User.objects.get().email == ""


def test_roles_follow_the_claim(provider: Provider, at_north: Browser) -> None:
    for claim, given, status in (
        ({"north": "Editor", "south": "Editor"}, {"North": "Editor", "South": "Editor"}, 302),
        ({"north": "Author"}, {"North": "Author"}, 302),
        ({"south": "Author"}, {"South": "Author"}, 403),
        (None, {}, 403),
    ):
        assert come(provider, at_north, claim) == status
        assert roles("ida") == given


def test_a_role_given_by_hand_stays(provider: Provider, nora: User, at_north: Browser) -> None:
    call("people", "link", "nora", "nora")
    assert come(provider, at_north, {"north": "Site admin", "south": "Author"}, name="nora") == 302
    assert roles("nora") == {"North": "Editor", "South": "Author"}
    come(provider, at_north, None, name="nora")
    assert roles("nora") == {"North": "Editor"}


def test_a_role_changed_by_hand_stays(provider: Provider, north: Site, at_north: Browser) -> None:
    come(provider, at_north, "north:Author")
    with use_site(north):
        Membership.objects.update(role=Group.objects.get(name="Site admin"))
    for claim in ("north:Editor", None):
        assert come(provider, at_north, claim) == 302
        assert roles("ida") == {"North": "Site admin"}


def test_a_claim_makes_no_superuser(provider: Provider, at_north: Browser) -> None:
    come(provider, at_north, "north:Editor", is_superuser=True)
    assert not User.objects.get().is_superuser


@pytest.mark.parametrize("name", ["realm_access.roles", "https://example.org/roles"])
def test_where_the_claim_is(provider: Provider, at_north: Browser, settings: Settings, name: str) -> None:
    settings.OIDC_ROLES_CLAIM = name
    provider.knows(
        "ida",
        preferred_username="ida",
        **{"realm_access": {"roles": ["north:Editor"]}, "https://example.org/roles": "north:Editor"},
    )
    sign_in(at_north, provider, "ida")
    assert roles("ida") == {"North": "Editor"}


def test_the_last_site_admin_is_named(provider: Provider, at_north: Browser, lines: Lines) -> None:
    come(provider, at_north, "north:Site admin")
    come(provider, at_north, None)
    assert "North has no Site admin left" in str(lines())
