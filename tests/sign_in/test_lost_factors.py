"""A superuser removes the factors that a person has lost, and it is logged."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.tenancy.audit.models import AuditEntry
from tests.sign_in.factors import give_app, give_codes, give_passkey, is_in, sign_in, text
from tests.support.logs import Lines
from tests.support.makers import Browser, person


def address(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/factors/"


@pytest.fixture
def superuser(root: User, at_north: Browser) -> Browser:
    sign_in(at_north, "root")
    return at_north


def test_it_works(nora: User, root: User, superuser: Browser, lines: Lines, mailoutbox: list[object]) -> None:
    give_app(nora)
    give_codes(nora)
    give_passkey(nora, "north.test")
    give_app(root)
    page = superuser.get(f"/admin/accounts/user/{nora.pk}/change/")
    assert "authenticator app, Key" in text(page)
    assert address(nora) in page.content.decode()
    assert "Make sure that it is nora who asks." in text(superuser.get(address(nora)))
    assert Authenticator.objects.filter(user=nora).count() == 3, "a GET changes nothing"

    assert superuser.post(address(nora)).headers["Location"] == f"/admin/accounts/user/{nora.pk}/change/"
    assert not Authenticator.objects.filter(user=nora).exists()
    assert Authenticator.objects.filter(user=root).count() == 1
    entry = LogEntry.objects.get(object_id=str(nora.pk))
    assert (entry.user, entry.change_message) == (root, "Removed the second factors.")
    (line,) = [line for line in lines() if line.get("change") == "factor_removed"]
    assert (line["account"], line["method"]) == (nora.pk, "recovery_codes, totp, webauthn")
    recorded = AuditEntry.all_sites.get(verb="factor_removed")  # all_sites: it is in the platform's list
    assert (recorded.site_id, recorded.actor, recorded.target) == (None, "root", "nora")
    (mail,) = mailoutbox
    assert mail.to == ["nora@example.test"]  # type: ignore[attr-defined]
    assert "A superuser removed the second factors of your account." in mail.body  # type: ignore[attr-defined]
    browser = Browser("north.test")
    sign_in(browser, "nora")
    assert is_in(browser)


def test_without_factors_there_is_nothing_to_remove(nora: User, superuser: Browser) -> None:
    assert "nora has no second factor" in text(superuser.get(address(nora)))
    assert superuser.post(address(nora)).status_code == 200
    assert not LogEntry.objects.exists()
    assert superuser.get("/admin/accounts/user/999999/factors/").status_code == 404


def test_a_site_admin_cannot(nora: User, north: Site, at_north: Browser) -> None:
    give_app(nora)
    person("ada", north, "Site admin")
    sign_in(at_north, "ada")
    for method in (at_north.get, at_north.post):
        assert method(address(nora)).status_code == 403
    assert Authenticator.objects.count() == 1
