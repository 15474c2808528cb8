"""The command line as an operator types it: each call is a process of its own on a database file.

What each command does and refuses is tested beside this, without processes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import manage, managed

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("commands") / "db.sqlite3"
    managed("migrate", "-v0", DATABASE_URL=f"sqlite:///{database}")
    return database


@pytest.fixture
def run(migrated: Path, tmp_path: Path) -> Run:
    """`manage.py` on a database with the first site and north.test (2)."""
    database = tmp_path / "copy.sqlite3"
    database.write_bytes(migrated.read_bytes())

    def run(*arguments: str, stdin: str | None = None, **env: object) -> subprocess.CompletedProcess[str]:
        return manage(*arguments, stdin=stdin, **{"DATABASE_URL": f"sqlite:///{database}", **env})

    added = run("sites", "add", "north.test", "--name", "North", "--alias", "www.north.test", "--json")
    assert (added.returncode, json.loads(added.stdout)["id"]) == (0, 2), added.stderr
    return run


def test_a_refusal_is_one_line_and_status_2(run: Run) -> None:
    for arguments in (
        ("sites", "add", "www.north.test"),
        ("sites", "list", "--site=nowhere.test"),
        ("sync_sites", "/nowhere.yaml"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_a_site_is_current_for_the_whole_command(run: Run) -> None:
    show = "import os; from app.tenancy.current import current_site as c;"
    show += "print(c().domain, os.environ['MEZZANINE_SITE_ID'])"
    assert run("shell", "-v0", "-c", show, "--site", "WWW.north.test.").stdout.split() == ["north.test", "2"]
    assert run("shell", "-v0", "-c", show, MEZZANINE_SITE_ID=2).stdout.split() == ["north.test", "2"]
    everywhere = run("shell", "--all-sites", "-v0", "-c", show.replace("os.environ['MEZZANINE_SITE_ID']", ""))
    assert everywhere.stdout.split() == ["localhost", "north.test"]
    without = run("shell", "-v0", "-c", "from app.pages.models import Page; Page.objects.count()")
    assert "NoCurrentSite" in without.stderr


def test_standard_input_is_read(run: Run) -> None:
    add = ("members", "add", "ida", "--site=north.test", "--role=Editor", "--create", "--password-stdin")
    assert run(*add, stdin="a good long password\n").returncode == 0
    assert "ida" in run("members", "list", "--site=2").stdout
    assert run("sync_sites", "-", stdin="sites: {east: {domain: east.test}}").returncode == 0
    assert "east.test" in run("sites", "list").stdout
