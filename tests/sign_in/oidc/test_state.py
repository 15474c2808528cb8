"""The state: one sign-in, in one browser, on one site, once."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site

from app.accounts.models import User
from tests.oidc_provider.client import Provider
from tests.sign_in.oidc.steps import begin, is_signed_in, link, reasons
from tests.support.logs import Lines
from tests.support.makers import Browser

HOUR = 3600


@pytest.fixture(autouse=True)
def linked(provider: Provider, nora: User) -> None:
    link(nora, "nora")


def test_missing_or_unknown(at_north: Browser) -> None:
    for query in ("", "?code=x", "?state=&code=x", "?state=unknown&code=x", "?state=a&state=b"):
        assert at_north.get(f"/admin/login/oidc/callback/{query}").status_code == 400


def test_of_another_browser(provider: Provider, at_north: Browser, north: Site) -> None:
    back = provider.visit(begin(at_north), "nora")
    victim = Browser("north.test")
    begin(victim)
    assert victim.get(back).status_code == 400
    assert not is_signed_in(victim)


def test_of_another_site(provider: Provider, root: User, at_north: Browser, at_south: Browser) -> None:
    link(root, "root")
    back = provider.visit(begin(at_north), "root")
    at_south.cookies = at_north.cookies
    assert at_south.get(back).status_code == 400
    assert not is_signed_in(at_south)


def test_used_twice(provider: Provider, at_north: Browser) -> None:
    back = provider.visit(begin(at_north), "nora")
    assert at_north.get(back).status_code == 302
    at_north.post("/admin/logout/")
    assert at_north.get(back).status_code == 400
    assert not is_signed_in(at_north)


def test_too_old(provider: Provider, at_north: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    back = provider.visit(begin(at_north), "nora")
    monkeypatch.setattr("allauth.socialaccount.internal.statekit.STATE_TTL", -1)
    assert at_north.get(back).status_code == 400


def test_the_code_of_another_sign_in(
    provider: Provider, root: User, at_north: Browser, lines: Lines, north: Site
) -> None:
    """PKCE: a stolen code is worth nothing without the verifier in the session."""
    link(root, "root")
    stolen = provider.visit(begin(Browser("north.test")), "root").partition("code=")[2].partition("&")[0]
    own_way = provider.visit(begin(at_north), "nora")
    own_code = own_way.partition("code=")[2].partition("&")[0]
    assert at_north.get(own_way.replace(own_code, stolen)).status_code == 502
    assert reasons(lines) == ["token_invalid_grant"]
    assert not is_signed_in(at_north)
