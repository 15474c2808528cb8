"""`--site` and `--all-sites`, with any command and anywhere in its arguments."""

from __future__ import annotations

import signal
from unittest import mock

import pytest

from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.management import command_line
from app.tenancy.management.command_line import CommandLineError, extract_site_options
from tests.support.commands import call, call_main, listed_sites

SHOW = """
import os
from app.tenancy.current import current_site
print(current_site().domain, os.environ.get("MEZZANINE_SITE_ID"))
"""
SHELL = ("shell", "-v0", "-c", SHOW)


def test_it_works() -> None:
    assert extract_site_options(["a", "--site=2", "b"]) == (["a", "b"], "2", False)
    assert extract_site_options(["a", "--site", "x.test", "b"]) == (["a", "b"], "x.test", False)
    assert extract_site_options(["a", "--all-sites"]) == (["a"], None, True)
    assert extract_site_options(["a", "--", "--site=2"]) == (["a", "--", "--site=2"], None, False)


def test_a_site_is_found_anywhere_on_the_command_line(added: dict[str, int]) -> None:
    north, south = added["north"], added["south"]
    for arguments in (
        (f"--site={north}", *SHELL),
        ("shell", "--site=north.test", "-v0", "-c", SHOW),
        (*SHELL, "--site", "WWW.north.test."),
    ):
        done = call_main(*arguments)
        assert done.stdout.split() == ["north.test", str(north)], done.stderr
    done = call_main(*SHELL, MEZZANINE_SITE_ID=south)
    assert done.stdout.split() == ["south.test", str(south)], done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sites", "list", "--site=99"), "99"),
        (("sites", "list", "--site=nowhere.test"), "nowhere.test"),
        (("sites", "list", "--site="), "--site"),
        (("sites", "list", "--site"), "--site"),
        (("sites", "list", "--site=2", "--all-sites"), "--all-sites"),
    ],
)
def test_a_site_that_cannot_be_used_is_one_line_and_status_2(db: None, arguments: tuple[str, ...], named: str) -> None:
    done = call_main(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("sites", "archive", "typo.north.test"),
        ("sites", "rename", "typo.north.test", "new.test"),
        ("sites", "check", "typo.north.test"),
        ("sites", "show", "typo.north.test"),
        ("members", "list", "--site=typo.north.test"),
        ("poll_twitter", "--site=typo.north.test"),
        ("check", "--site=typo.north.test"),
    ],
)
def test_a_name_that_only_a_wildcard_matches_is_no_site(added: dict[str, int], arguments: tuple[str, ...]) -> None:
    call("sites", "alias", "north.test", "*.north.test")
    before = listed_sites()
    done = call_main(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no site 'typo.north.test'" in done.stderr
    assert listed_sites() == before


def test_all_sites_runs_once_per_active_site_and_one_failure_stops_no_other(added: dict[str, int]) -> None:
    call("sites", "suspend", "south.test")
    assert call_main(*SHELL, "--all-sites").stdout.split()[::2] == ["localhost", "north.test"]
    done = call_main("members", "remove", "nobody", "--all-sites")
    assert done.returncode == 2
    assert done.stderr.count("is not a member") == 2


def on_localhost(failure: str) -> tuple[str, ...]:
    """A command line for all sites that prints the domain of each; on the first site something else happens then."""
    code = "from app.tenancy.current import current_site as c\nprint(c().domain, flush=True)\n"
    return ("shell", "-v0", "-c", f"{code}if c().domain == 'localhost':\n    {failure}", "--all-sites")


@pytest.mark.parametrize(
    ("failure", "status", "shown"),
    [
        ("1 / 0", 1, "ZeroDivisionError"),
        ("from django.db import connection; connection.cursor().execute('planted')", 1, "django.db.utils."),
        ("from django.core.management import CommandError; raise CommandError('planted', returncode=3)", 3, "planted"),
        ("raise SystemExit('planted')", 1, "planted"),
        ("raise SystemExit(-1)", 255, "localhost"),
        ("raise SystemExit", 0, "localhost"),
    ],
)
def test_whatever_fails_on_one_site_stops_no_other(
    added: dict[str, int], failure: str, status: int, shown: str
) -> None:
    done = call_main(*on_localhost(failure))
    assert (done.returncode, done.stdout.split()) == (status, ["localhost", "north.test", "south.test"])
    assert shown in done.stderr


def test_a_failure_on_one_site_names_it_and_where_it_was(added: dict[str, int]) -> None:
    done = call_main(*on_localhost("1 / 0"))
    assert "Traceback" in done.stderr
    assert "The command failed on localhost (1).\n--- north.test" in done.stderr
    refused = call_main("members", "--traceback", "remove", "nobody", "--all-sites")
    assert refused.returncode == 2
    assert refused.stderr.count("The command failed on ") == 3


@pytest.mark.parametrize("fault", [DirectoryUnavailable("planted"), CommandLineError("planted")])
def test_what_is_the_same_for_each_site_ends_the_run(added: dict[str, int], fault: Exception) -> None:
    with mock.patch.object(command_line, "execute_from_command_line", side_effect=fault) as run:
        done = call_main(*on_localhost("pass"))
    assert (done.returncode, run.call_count, done.stderr) == (2, 1, "--- localhost (1)\nplanted\n")


def test_sigterm_ends_the_run_and_not_only_that_of_one_site(added: dict[str, int]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        with mock.patch("os.getpid", return_value=1):
            done = call_main(*on_localhost("import signal; signal.raise_signal(signal.SIGTERM)"))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (done.returncode, done.stdout.split()) == (128 + signal.SIGTERM, ["localhost"])
