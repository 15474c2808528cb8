"""`--site` and `--all-sites`, with any command and anywhere in its arguments."""

from __future__ import annotations

import pytest

from app.tenancy.management.command_line import take_site
from tests.support.commands import call, call_main

SHOW = """
import os
from app.tenancy.current import current_site
print(current_site().domain, os.environ.get("MEZZANINE_SITE_ID"))
"""
SHELL = ("shell", "-v0", "-c", SHOW)


def test_it_works() -> None:
    assert take_site(["a", "--site=2", "b"]) == (["a", "b"], "2", False)
    assert take_site(["a", "--site", "x.test", "b"]) == (["a", "b"], "x.test", False)
    assert take_site(["a", "--all-sites"]) == (["a"], None, True)
    assert take_site(["a", "--", "--site=2"]) == (["a", "--", "--site=2"], None, False)


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


def test_all_sites_runs_once_per_active_site_and_one_failure_stops_no_other(added: dict[str, int]) -> None:
    call("sites", "suspend", "south.test")
    assert call_main(*SHELL, "--all-sites").stdout.split()[::2] == ["localhost", "north.test"]
    done = call_main("members", "remove", "nobody", "--all-sites")
    assert done.returncode == 2
    assert done.stderr.count("'nobody'") == 2
