"""Passkeys: added on the account page, used as second factor or alone, on the address where they were added."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.models import Membership
from tests.sign_in.authenticator import SecurityKey
from tests.sign_in.factors import confirm, give_codes, is_in, send_code, sign_in, signed_in, text
from tests.support.makers import Browser, person

ADD = "/admin/account/factors/passkeys/add/"
ALONE = "/admin/login/passkey/"


def options_in(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(found[1])
    return options


def add(name: str, host: str = "north.test") -> SecurityKey:
    """Adds a passkey to the account, through the page."""
    browser, key = signed_in(host, name), SecurityKey(f"http://{host}")
    confirm(browser, name)
    options = options_in(browser.get(ADD))
    assert options["publicKey"]["rp"] == {"id": host, "name": host.partition(".")[0].title()}
    done = browser.post(ADD, {"name": "Key", "credential": key.create(options)})
    assert done.headers["Location"] == "/admin/account/factors/codes/"
    return key


def test_it_works(nora: User) -> None:
    key = add("nora")
    page = text(signed_in_with(key).get("/admin/account/"))
    assert "Key, for north.test" in page

    browser = Browser("north.test")
    assert sign_in(browser, "nora").headers["Location"] == "/admin/login/code/"
    options = options_in(browser.get("/admin/login/code/"))
    assert browser.post("/admin/login/code/", {"credential": key.get(options)}).headers["Location"] == "/admin/"
    assert is_in(browser)


def signed_in_with(key: SecurityKey) -> Browser:
    browser = Browser("north.test")
    options = browser.get(ALONE).json()["request_options"]
    done = browser.post(ALONE, {"credential": key.get(options), "next": "/admin/pages/page/"})
    assert done.headers["Location"] == "/admin/pages/page/"
    assert is_in(browser)
    return browser


def test_it_leads_nowhere_else(nora: User) -> None:
    key, browser = add("nora"), Browser("north.test")
    options = browser.get(ALONE).json()["request_options"]
    done = browser.post(ALONE, {"credential": key.get(options), "next": "https://elsewhere.test/"})
    assert done.headers["Location"] == "/admin/"


@pytest.mark.parametrize("origin", ["https://north.test", "http://blog.north.test", "http://north.test:8000"])
def test_what_another_address_asked_for_is_refused(nora: User, origin: str) -> None:
    """A page of blog.north.test may ask a browser for passkeys of north.test: it is another site's."""
    key, browser = add("nora"), Browser("north.test")
    key.origin = origin
    options = browser.get(ALONE).json()["request_options"]
    browser.post(ALONE, {"credential": key.get(options)})
    assert not is_in(browser)
    assert "This passkey was used on another address." in text(browser.get("/admin/login/"))
    sign_in(browser, "nora")
    options = options_in(browser.get("/admin/login/code/"))
    response = browser.post("/admin/login/code/", {"credential": key.get(options)})
    assert "This passkey was used on another address." in text(response)
    assert not is_in(browser)


def test_an_answer_is_accepted_once(nora: User) -> None:
    key, browser = add("nora"), Browser("north.test")
    credential = key.get(browser.get(ALONE).json()["request_options"])
    assert browser.post(ALONE, {"credential": credential}).headers["Location"] == "/admin/"
    browser.post("/admin/logout/")
    for again in (browser, Browser("north.test")):
        again.post(ALONE, {"credential": credential})
        assert not is_in(again)


def test_on_another_site_it_is_not_offered(nora: User, root: User, south: Site) -> None:
    key = add("root")
    browser = Browser("south.test")
    sign_in(browser, "root")
    page = browser.get("/admin/login/code/")
    assert "Your passkeys work on north.test only." in text(page)
    key.origin = "http://south.test"
    options = browser.get(ALONE).json()["request_options"]
    browser.post(ALONE, {"credential": key.get({"publicKey": {**options["publicKey"], "rpId": "north.test"}})})
    assert not is_in(browser)
    sign_in(browser, "root")
    assert send_code(browser, give_codes(root)[0]).headers["Location"] == "/admin/"


def test_without_a_role_it_signs_nobody_in(nora: User, root: User) -> None:
    key, browser = add("nora"), Browser("north.test")
    # all_sites: no site is current in a test.
    Membership.all_sites.filter(user=nora).delete()
    browser.post(ALONE, {"credential": key.get(browser.get(ALONE).json()["request_options"])})
    assert not is_in(browser)
    assert "has no role on North" in text(browser.get("/admin/login/"))
    User.objects.filter(pk=nora.pk).update(is_active=False)
    browser.post(ALONE, {"credential": key.get(browser.get(ALONE).json()["request_options"])})
    assert not is_in(browser)


def test_without_passwords_it_signs_nobody_in_alone(nora: User, settings: Settings) -> None:
    """The provider decides then. Who is signed in, and has no code, sets up a factor without a password."""
    add("nora")
    settings.PASSWORD_SIGN_IN, settings.OIDC_URL = False, "https://login.example.test"
    browser = Browser("north.test")
    assert browser.get(ALONE).status_code == 404
    assert "Sign in with a passkey" not in text(browser.get("/admin/login/"))
    browser.force_login(person("ida", Site.objects.get(domain="north.test")))
    assert browser.get(ADD).status_code == 200
    assert browser.get("/admin/account/password/").status_code == 404
    assert "Your other sessions end then" not in text(browser.get("/admin/account/"))


def test_it_is_removed_by_its_owner(nora: User) -> None:
    key = add("nora")
    browser = signed_in_with(key)
    confirm(browser, "nora")
    pk = Authenticator.objects.get(type="webauthn").pk
    done = browser.post(f"/admin/account/factors/passkeys/{pk}/remove/")
    assert done.headers["Location"] == "/admin/account/factors/"
    another = Browser("north.test")
    another.post(ALONE, {"credential": key.get(another.get(ALONE).json()["request_options"])})
    assert not is_in(another)


def test_sign_ins_with_passkeys_do_not_fill_the_count_of_their_address(nora: User) -> None:
    key = add("nora")
    for _ in range(35):
        signed_in_with(key)
