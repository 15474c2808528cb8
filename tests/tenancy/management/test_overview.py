"""`manage.py help`, and the examples of each own command."""

from __future__ import annotations

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class

from app.tenancy.management.command_line import extract_site_options
from tests.support.commands import call_main
from tests.support.programs import ROOT

OWN = sorted(path.stem for path in ROOT.glob("app/*/management/commands/[a-z]*.py"))


def actions_of(name: str) -> list[list[str]]:
    """The command alone, and with each of its actions."""
    actions = re.findall(r"^    ([a-z]+) ", call_main(name, "--help").stdout, re.MULTILINE)
    return [[name], *([name, action] for action in actions)]


def test_it_works() -> None:
    assert {"sites", "members", "sync_sites", "poll_twitter", "demo", "release", "wait"} <= set(OWN)
    assert ["sites", "rename"] in actions_of("sites")
    assert len(actions_of("members")) == 4


def test_own_commands_come_first_each_with_what_it_does() -> None:
    lines = call_main("help").stdout.splitlines()
    found = [re.match(r"    (\w+)(?: +(\w.*))?$", line) for line in lines]
    commands = [(match[1], match[2]) for match in found if match]
    assert [name for name, _ in commands[: len(OWN)]] == OWN
    assert all(summary for _, summary in commands[: len(OWN)])
    assert {name for name, _ in commands} == set(get_commands())
    assert max(map(len, lines)) < 100


def test_only_names_when_only_names_are_wanted() -> None:
    assert call_main("help", "--commands").stdout.split() == sorted(get_commands())


@pytest.mark.parametrize("name", OWN)
def test_each_help_ends_with_examples_that_the_command_understands(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    for words in actions_of(name):
        text = call_main(*words, "--help").stdout
        examples = re.findall(r"^  (?:[A-Z_]+=\S+ )?manage\.py (.+)$", text.partition("\nExample")[2], re.MULTILINE)
        assert examples, words
        for example in examples:
            arguments, _site, _all = extract_site_options(shlex.split(example))
            assert arguments[: len(words)] == words
            command.create_parser("manage.py", name).parse_args(arguments[1:])
