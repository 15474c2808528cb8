"""`manage.py sites`."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from tests.support.commands import ClosedPipe, call, listed_sites
from tests.support.makers import Browser


def test_sites_are_listed_as_promised(added: dict[str, int]) -> None:
    assert listed_sites()["north"] == {
        "id": added["north"],
        "key": "north",
        "domain": "north.test",
        "name": "North",
        "state": "active",
        "aliases": ["www.north.test"],
        "theme": "",
        "options": {},
        "apps": [],
        "redirects": {"www.north.test": True},
        "pending": {},
    }
    call("sites", "alias", "north.test", "*.north.test", "--no-redirect")
    for output in (call("sites", "list"), call("sites", "show", "north.test")):
        assert "*.north.test (serves), www.north.test (redirects)" in output
    assert listed_sites()["north"]["redirects"] == {"*.north.test": False, "www.north.test": True}


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


def test_the_old_domain_of_a_renamed_site_stays_as_a_redirecting_alias(added: dict[str, int]) -> None:
    output = call("sites", "rename", "north.test", "New.Test.")
    assert "north.test stays as an alias that redirects to new.test.\n" in output
    assert listed_sites()["north"]["redirects"] == {"north.test": True, "www.north.test": True}
    moved = Browser("north.test").get("/a/?b=c")
    assert (moved.status_code, moved.headers["Location"]) == (301, "http://new.test/a/?b=c")
    again = call("sites", "rename", "north.test", "new.test")
    assert "stays" not in again
    back = json.loads(call("sites", "rename", "new.test", "north.test", "--json"))
    assert (back["domain"], back["redirects"]) == ("north.test", {"new.test": True, "www.north.test": True})


def test_the_old_domain_is_dropped_if_the_operator_says_so(added: dict[str, int]) -> None:
    output = call("sites", "rename", "www.north.test", "new.test", "--drop-old")
    assert "north.test no longer leads to this site.\n" in output
    assert listed_sites()["north"]["aliases"] == ["www.north.test"]
    assert Browser("north.test").get("/").status_code == 404
    assert Browser("new.test").get("/admin/login/").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "key", "name", "value"),
    [
        (("add", "east.test", "--key", "east"), "east", "domain", "east.test"),
        (("set", "north.test", "--name", "Nord", "--json"), "north", "name", "Nord"),
        (("rename", "north.test", "new.test"), "north", "domain", "new.test"),
        (("alias", "north.test", "www.north.test", "--remove"), "north", "aliases", []),
        (("suspend", "north.test"), "north", "state", "suspended"),
        (("archive", "north.test"), "north", "state", "archived"),
    ],
)
def test_a_change_is_stored_also_when_its_output_cannot_be_written(
    added: dict[str, int], arguments: tuple[str, ...], key: str, name: str, value: object
) -> None:
    with pytest.raises(BrokenPipeError):
        call_command("sites", *arguments, stdout=ClosedPipe())
    assert listed_sites()[key][name] == value


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("rename", "north.test", "south.test"), "already the domain of South"),
        (("rename", "north.test", "www.south.test"), "already an alias of South"),
        (("rename", "north.test", "a..b"), "not a valid domain"),
        (("rename", "nowhere.test", "new.test"), "no site 'nowhere.test'"),
        (("add", "north.test"), "already the domain of North"),
        (("add", "NORTH.test."), "already the domain of North"),
        (("add", "www.north.test"), "already an alias of North"),
        (("add", "new.test", "--alias", "South.Test"), "already the domain of South"),
        (("add", "new.test", "--alias", "new.test"), "own domain"),
        (("add", "new.test", "--key", "north"), "Duplicate key north: north.test has it"),
        (("add", "new.test", "--key", "My_Key"), "not a key"),
        (("add", "new.test", "--colour", "red"), "colour"),
        (("add", "a..b"), "not a valid domain"),
        (("add", "https://New.Test/"), "its domain is new.test"),
        (("add", "new.test", "--theme", "nosuch"), "must be one of atrium, journal, portico"),
        (("add", "new.test:8000"), "has a port"),
        (("add", "x" * 300), "longer than"),
        (("add", "new.test", "--name", "n" * 51), "50"),
        (("alias", "north.test", "*.org"), "two labels"),
        (("alias", "north.test", "www.south.test"), "already an alias of South"),
        (("alias", "north.test", "never.test", "--remove"), "not an alias"),
        (("alias", "nowhere.test", "x.test"), "no site 'nowhere.test'"),
        (("show", "999"), "no site '999'"),
        (("suspend", "a..b"), "no site 'a..b'"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    added: dict[str, int], arguments: tuple[str, ...], named: str
) -> None:
    before = listed_sites()
    with pytest.raises(CommandError) as refused:
        call("sites", *arguments)
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert listed_sites() == before
