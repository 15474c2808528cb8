"""Sign-in with a real OpenID provider: who gets in, where, and with which account."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.audit.models import AuditEntry
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import begin, is_signed_in, link, reasons, sign_in
from tests.support.commands import call, call_main
from tests.support.logs import Lines
from tests.support.makers import Browser

NORA = "5f0c-nora"


def test_a_linked_person_signs_in(provider: Provider, nora: User, at_north: Browser) -> None:
    assert "Log in with House of Keys" in at_north.get("/admin/login/").content.decode()
    link(nora, NORA)
    response = sign_in(at_north, provider, NORA)
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert is_signed_in(at_north)


def test_without_a_provider_nothing_of_it_exists(at_north: Browser) -> None:
    assert "oidc" not in at_north.get("/admin/login/").content.decode()
    assert at_north.post("/admin/login/oidc/").status_code == 404
    assert at_north.get("/admin/login/oidc/callback/?state=x&code=y").status_code == 404


def test_what_the_provider_is_asked_for(provider: Provider, at_north: Browser, at_south: Browser) -> None:
    asked = parse_qs(urlsplit(begin(at_north)).query)
    assert asked["redirect_uri"] == ["http://north.test/admin/login/oidc/callback/"]
    assert asked["response_type"] == ["code"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == ["S256"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 16
    again = parse_qs(urlsplit(begin(at_north)).query)
    assert not [name for name in ("state", "nonce", "code_challenge") if asked[name] == again[name]]
    assert parse_qs(urlsplit(begin(at_south)).query)["redirect_uri"] == ["http://south.test/admin/login/oidc/callback/"]


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/admin/pages/page/", "/admin/pages/page/"),
        ("https://evil.test/", "/admin/"),
        ("//evil.test/", "/admin/"),
        ("http://south.test/admin/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
    ],
)
def test_where_it_leads(provider: Provider, nora: User, at_north: Browser, wanted: str, reached: str) -> None:
    link(nora, NORA)
    assert sign_in(at_north, provider, NORA, next=wanted).headers["Location"] == reached


def test_a_person_without_a_role_on_the_site(
    provider: Provider, nora: User, at_north: Browser, at_south: Browser, lines: Lines
) -> None:
    link(nora, NORA)
    response = sign_in(at_south, provider, NORA)
    assert response.status_code == 403
    assert "nora has no role on South. An administrator of this site can give you a role." in response.content.decode()
    assert not is_signed_in(at_south)
    assert reasons(lines) == ["no_role"]
    sign_in(at_north, provider, NORA)
    assert is_signed_in(at_north)


def test_a_session_is_of_the_site_where_it_began(
    provider: Provider, root: User, at_north: Browser, at_south: Browser
) -> None:
    link(root, "root")
    sign_in(at_north, provider, "root")
    at_south.cookies = at_north.cookies
    assert is_signed_in(at_north)
    assert not is_signed_in(at_south)


def test_an_unknown_person_reads_what_to_do(provider: Provider, at_north: Browser, lines: Lines) -> None:
    response = sign_in(at_north, provider, "1234-unknown")
    assert response.status_code == 403
    assert "1234-unknown" in response.content.decode()
    assert "administrator of the platform" in response.content.decode()
    assert reasons(lines) == ["no_link"]
    assert not User.objects.exists()


def test_a_user_name_alone_links_nothing(provider: Provider, root: User, at_north: Browser) -> None:
    provider.knows("mallory", preferred_username="root", email="root@example.test", email_verified=True)
    assert sign_in(at_north, provider, "mallory").status_code == 403
    assert not is_signed_in(at_north)


def test_a_link_of_another_provider_is_none(
    provider: Provider, nora: User, at_north: Browser, settings: Settings
) -> None:
    SocialAccount.objects.create(user=nora, provider="https://former.example", uid=NORA)
    assert sign_in(at_north, provider, NORA).status_code == 403


def test_an_inactive_account(provider: Provider, nora: User, at_north: Browser) -> None:
    link(nora, NORA)
    User.objects.update(is_active=False)
    response = sign_in(at_north, provider, NORA)
    assert (response.status_code, "nora is not active" in response.content.decode()) == (403, True)
    assert not is_signed_in(at_north)


def test_commands_say_what_is_wrong(provider: Provider, nora: User, sam: User, settings: Settings) -> None:
    link(nora, NORA)
    for arguments in (("sam", NORA), ("nora", "another")):
        done = call_main("people", "link", *arguments)
        assert (done.returncode, "has another link" in done.stderr) == (2, True)
    assert SocialAccount.objects.count() == 1
    call("people", "unlink", "nora")
    assert "has no link" in call_main("people", "unlink", "nora").stderr
    settings.OIDC_URL = ""
    done = call_main("people", "link", "nora", NORA)
    assert (done.returncode, "Set OIDC_URL" in done.stderr) == (2, True)


def test_after_unlinking(provider: Provider, nora: User, at_north: Browser) -> None:
    link(nora, NORA)
    call("people", "unlink", "nora")
    assert sign_in(at_north, provider, NORA).status_code == 403


def test_the_lists_of_activity(
    provider: Provider, nora: User, at_north: Browser, at_south: Browser, north: Site, south: Site
) -> None:
    link(nora, NORA)
    sign_in(at_north, provider, NORA)
    sign_in(at_south, provider, NORA)
    call("people", "unlink", "nora")
    entries = AuditEntry.all_sites.order_by("pk").values_list("verb", "site", "actor", "target")
    assert list(entries)[-4:] == [
        ("identity_linked", None, "", "nora"),
        ("signed_in", north.pk, "nora", ""),
        ("sign_in_failed", south.pk, "", ""),
        ("identity_unlinked", None, "", "nora"),
    ]
