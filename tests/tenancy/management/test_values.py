"""What options and standard input refuse, through the command lines that have them."""

from __future__ import annotations

import sys
from unittest import mock

import pytest
from django.core.management import CommandError

from app.accounts.models import User
from tests.support.commands import call, call_main

ADD = ("members", "add", "eve", "--site=north.test", "--role=Editor", "--create", "--password-stdin")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        *(
            (("sites", "check", f"--timeout={value}"), f"'{value}' is not a number of seconds")
            for value in ("-1", "nan", "0", "inf", "1e300", "x")
        ),
        *(
            (("sites", "check", f"--port={value}"), f"'{value}' is not a whole number from 1 to 65535")
            for value in ("0", "99999", "-1", "x")
        ),
        *(
            (("sites", "check", f"--via={value}"), f"'{value}' is neither an IP address nor a host name")
            for value in ("not..a..host", "a" * 64)
        ),
        (("sites", "check", "--via="), "an IP address or a host name is missing"),
        (("demo", "--port=99999"), "'99999' is not a whole number from 1 to 65535"),
        (("sync_sites", "sites.yaml", "--max-prune=-1"), "'-1' is not a whole number from 0 to 1000000"),
        *(
            (("backup", f"--{name}=-1"), "'-1' is not a whole number from 0 to 1000000")
            for name in ("daily", "weekly", "monthly", "max-age-hours")
        ),
        (("backup", "--max-age-hours=99999999999999"), "is not a whole number"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(db: None, arguments: tuple[str, ...], named: str) -> None:
    done = call_main(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(ADD, "not UTF-8 text"), (("sync_sites", "-"), "- cannot be read: 'utf-8' codec can't decode byte 0xff")],
)
@pytest.mark.usefixtures("added")
def test_standard_input_that_is_not_utf_8_is_refused(arguments: tuple[str, ...], named: str) -> None:
    with pytest.raises(CommandError, match=named) as refused:
        call(*arguments, stdin=b"a long \xff password\n")
    assert refused.value.returncode == 2
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.usefixtures("added")
def test_standard_input_is_utf_8_in_any_locale() -> None:
    call(*ADD, stdin="ein gutes langes Paßwort\n")
    assert User.objects.get(username="eve").check_password("ein gutes langes Paßwort")


@pytest.mark.parametrize("arguments", [ADD, ("sync_sites", "-")])
@pytest.mark.usefixtures("added")
def test_standard_input_that_is_closed_is_refused(arguments: tuple[str, ...]) -> None:
    with mock.patch.object(sys, "stdin", None):
        done = call_main(*arguments)
    assert (done.returncode, done.stderr) == (2, "CommandError: Standard input is closed.\n")


@pytest.mark.parametrize(
    "text",
    [
        "sites: {a: {domain: a.test, settings: &a {own: *a}}}",
        "sites: {a: {domain: a.test, settings: {own: &a [*a]}}}",
        "sites: {a: {domain: a.test, settings: &a {own: {deeper: [*a]}}}}",
        "sites: &a {a: *a}",
        "sites: {a: &a {domain: a.test, <<: *a}}",
    ],
)
def test_a_declaration_that_contains_itself_is_refused(db: None, text: str) -> None:
    with pytest.raises(CommandError, match=r"not valid YAML or JSON: the alias \*a is inside of what it") as refused:
        call("sync_sites", "-", stdin=text)
    assert refused.value.returncode == 2


def test_an_alias_of_another_value_is_taken(db: None) -> None:
    text = "sites: {a: {domain: a.test, settings: &s {tagline: One}}, b: {domain: b.test, settings: *s}}"
    assert "2 added" in call("sync_sites", "-", stdin=text)
