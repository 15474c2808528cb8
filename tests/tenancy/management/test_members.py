"""`manage.py members`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.accounts.models import User
from app.tenancy.management.errors import Refusal
from tests.support.commands import call

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


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("members", "remove", "eve", "--site=north.test"), "eve"),
        (EVE, "--create"),
        (("members", "add", "ida", "--site=north.test", "--role=King"), "Author, Editor, Site admin"),
        ((*EVE, "--create", "--password-stdin"), "password"),
        (("members", "list"), "--site"),
        (("members", "list", "--site=nowhere.test"), "nowhere.test"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(ida: None, arguments: tuple[str, ...], named: str) -> None:
    before = members("north.test")
    with pytest.raises(Refusal) as refused:
        call(*arguments, stdin="\n")
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert members("north.test") == before
    assert not User.objects.filter(username="eve").exists()
