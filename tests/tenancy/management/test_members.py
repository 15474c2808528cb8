"""`manage.py members`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError

from app.accounts.models import User
from tests.support.commands import call, call_main

EVE = ("members", "add", "eve", "--site=north.test", "--role=Editor")


def members(site: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("members", "list", f"--site={site}", "--json"))
    return found


@pytest.fixture
def ida(added: dict[str, int]) -> None:
    add = ("members", "add", "ida", "--site=north.test", "--role=Editor", "--create", "--email", "ida@x.test")
    call(*add, "--password-stdin", stdin="a good long password\n")


def test_it_works(ida: None) -> None:
    assert members("north.test") == [{"username": "ida", "name": "", "role": "Editor"}]
    assert members("south.test") == []
    assert User.objects.get(username="ida").check_password("a good long password")
    call("members", "add", "ida", "--site=north.test", "--role", "site admin")
    assert members("north.test")[0]["role"] == "Site admin"
    call("members", "remove", "ida", "--site=north.test")
    assert members("north.test") == []


def test_an_account_that_cannot_sign_in_is_said_to_be_one(ida: None) -> None:
    made = call_main(*EVE, "--create", "--email", "eve@x.test")
    assert (made.returncode, made.stdout) == (0, "eve is now Editor.\n")
    assert "eve has no password and cannot sign in: run `manage.py changepassword eve`." in made.stderr
    eve = User.objects.get(username="eve")
    assert (eve.email, eve.has_usable_password()) == ("eve@x.test", False)
    assert "changepassword eve" in call_main(*EVE).stderr
    eve.set_password("a good long password")
    eve.save()
    assert call_main(*EVE).stderr == ""
    User.objects.update(is_active=False)
    assert "The account eve is not active" in call_main(*EVE).stderr


def test_an_account_that_exists_keeps_its_address_and_password_and_says_so(ida: None) -> None:
    add = ("members", "add", "ida", "--site=south.test", "--role=Author", "--create")
    for options in (("--email", "new@x.test"), ("--password-stdin",)):
        done = call_main(*add, *options)
        assert (done.returncode, done.stdout) == (0, "ida is now Author.\n")
        assert "The account ida exists already: its e-mail address and its password are unchanged." in done.stderr
    ida_now = User.objects.get(username="ida")
    assert ida_now.email == "ida@x.test"
    assert ida_now.check_password("a good long password")
    assert call_main(*add).stderr == ""


def test_the_last_site_admin_is_not_removed_unnoticed(ida: None) -> None:
    role = ("members", "add", "ida", "--site=north.test", "--role")
    assert call_main(*role, "Site admin").stderr == ""
    assert "North has no Site admin left" in call_main(*role, "Editor").stderr
    assert call_main(*role, "Site admin").stderr == ""
    done = call_main("members", "remove", "ida", "--site=north.test")
    assert (done.returncode, done.stdout) == (0, "ida is no longer a member.\n")
    assert "North has no Site admin left" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("members", "remove", "eve", "--site=north.test"), "not a member"),
        (EVE, "--create"),
        (("members", "add", "ida", "--site=north.test", "--role=King"), "Author, Editor, Site admin"),
        ((*EVE, "--create", "--password-stdin"), "password"),
        ((*EVE, "--email", "eve@x.test"), "--create"),
        (("members", "add", "ida", "--site=north.test", "--role=Author", "--email=x@x.test"), "add --create"),
        (("members", "add", "ida", "--site=north.test", "--role=Author", "--password-stdin"), "add --create"),
        (("members", "list"), "--site"),
        (("members", "list", "--site=nowhere.test"), "nowhere.test"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(ida: None, arguments: tuple[str, ...], named: str) -> None:
    before = members("north.test")
    with pytest.raises(CommandError) as refused:
        call(*arguments, stdin="\n")
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert members("north.test") == before
    assert not User.objects.filter(username="eve").exists()
