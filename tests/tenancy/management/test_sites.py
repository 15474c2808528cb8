"""`manage.py sites`."""

from __future__ import annotations

import json

import pytest

from app.tenancy.management.errors import Refusal
from tests.support.commands import call, listed_sites


def test_sites_are_listed_as_promised(added: dict[str, int]) -> None:
    assert listed_sites()["north"] == {
        "id": added["north"],
        "key": "north",
        "domain": "north.test",
        "name": "North",
        "state": "active",
        "aliases": ["www.north.test"],
        "theme": "",
    }
    assert "www.north.test" in call("sites", "list")


def test_a_site_is_added_changed_and_closed(db: None) -> None:
    add = ("sites", "add", "BÜCHER.example", "--name", "Books", "--alias", "*.books.test", "--theme", "portico")
    made = json.loads(call(*add, "--json"))
    assert (made["domain"], made["aliases"]) == ("xn--bcher-kva.example", ["*.books.test"])
    call("sites", "alias", "bücher.example", "books.example", "--no-redirect")
    call("sites", "alias", "bücher.example", "*.books.test", "--remove")
    for action, state in (("suspend", "suspended"), ("archive", "archived"), ("activate", "active")):
        call("sites", action, "books.example")
        shown = json.loads(call("sites", "show", "bücher.example", "--json"))
        assert (shown["state"], shown["aliases"]) == (state, ["books.example"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("add", "north.test"), "domain of North"),
        (("add", "NORTH.test."), "domain of North"),
        (("add", "www.north.test"), "alias of North"),
        (("add", "new.test", "--alias", "South.Test"), "domain of South"),
        (("add", "new.test", "--alias", "new.test"), "new.test"),
        (("add", "new.test", "--key", "north"), "key"),
        (("add", "new.test", "--key", "No Key"), "valid"),
        (("add", "new.test", "--colour", "red"), "colour"),
        (("add", "a..b"), "a..b"),
        (("add", "new.test:8000"), "port"),
        (("add", "x" * 300), "longer than"),
        (("add", "new.test", "--name", "n" * 51), "50"),
        (("alias", "north.test", "*.org"), "two labels"),
        (("alias", "north.test", "www.south.test"), "alias of South"),
        (("alias", "north.test", "never.test", "--remove"), "never.test"),
        (("alias", "nowhere.test", "x.test"), "nowhere.test"),
        (("show", "999"), "999"),
        (("suspend", "a..b"), "a..b"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    added: dict[str, int], arguments: tuple[str, ...], named: str
) -> None:
    before = listed_sites()
    with pytest.raises(Refusal) as refused:
        call("sites", *arguments)
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert listed_sites() == before
