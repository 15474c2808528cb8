"""The command line as an operator types it: each call is a process of its own on a database file.

What each command does and refuses is tested beside this, without processes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import environment, manage, managed
from tests.support.databases import collected_static, migrated_in
from tests.support.programs import PYTHON, ROOT, free_port

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    migrated_in(folder)
    return folder / "db.sqlite3"


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


def test_a_change_is_stored_also_when_nobody_reads_its_output(run: Run, tmp_path: Path) -> None:
    values = environment(DATABASE_URL=f"sqlite:///{tmp_path / 'copy.sqlite3'}", PYTHONUNBUFFERED=1)
    reader, writer = os.pipe()
    os.close(reader)
    command = [PYTHON, "manage.py", "sites", "suspend", "north.test"]
    done = subprocess.run(command, cwd=ROOT, env=values, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert "BrokenPipeError" in done.stderr
    assert json.loads(run("sites", "show", "north.test", "--json").stdout)["state"] == "suspended"


def test_a_setting_of_a_site_is_not_a_settings_module(run: Run) -> None:
    assert run("sites", "set", "north.test", "--setting", 'headers={"hsts_seconds": 5}').returncode == 0
    assert run("sites", "add", "east.test", "--setting", 'tagline="One"').returncode == 0
    done = run("sites", "set", "north.test", "--setting", 'headers={"hsts_seconds": -5}')
    assert (done.returncode, done.stdout) == (2, "")
    assert "headers.hsts_seconds: must be a number of seconds" in done.stderr


def test_a_site_is_current_for_the_whole_command(run: Run) -> None:
    show = "import os; from app.tenancy.current import current_site as c;"
    show += "print(c().domain, os.environ['MEZZANINE_SITE_ID'])"
    assert run("shell", "-v0", "-c", show, "--site", "WWW.north.test.").stdout.split() == ["north.test", "2"]
    assert run("shell", "-v0", "-c", show, MEZZANINE_SITE_ID=2).stdout.split() == ["north.test", "2"]
    everywhere = run("shell", "--all-sites", "-v0", "-c", show.replace("os.environ['MEZZANINE_SITE_ID']", ""))
    assert everywhere.stdout.split() == ["localhost", "north.test"]
    without = run("shell", "-v0", "-c", "from app.pages.models import Page; Page.objects.count()")
    assert "NoCurrentSite" in without.stderr


def test_garbage_is_collected_while_a_command_runs(migrated: Path) -> None:
    """And what was loaded at the start is not looked through again."""
    show = "import gc; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"
    assert managed("shell", "-v0", "-c", show, DATABASE_URL=f"sqlite:///{migrated}").split() == ["True", "True"]


def test_standard_input_is_read(run: Run) -> None:
    add = ("members", "add", "ida", "--site=north.test", "--role=Editor", "--create", "--password-stdin")
    assert run(*add, stdin="a good long password\n").returncode == 0
    assert "ida" in run("members", "list", "--site=2").stdout
    assert run("sync_sites", "-", stdin="sites: {east: {domain: east.test}}").returncode == 0
    assert "east.test" in run("sites", "list").stdout


SCRIPT = """
import django
django.setup()
{extra}
from django.conf import settings
from app.pages.models import Page
from app.tenancy.current import current_site_or_none
site = current_site_or_none()
print(site and site.domain, getattr(settings, "SITE_ID", None), site and Page.objects.count())
"""


def script(database: str, extra: str = "", **env: object) -> list[str]:
    """What a plain script prints: the current site's domain, SITE_ID and its number of pages."""
    values = environment(DATABASE_URL=database, DJANGO_SETTINGS_MODULE="app.settings", **env)
    command = [PYTHON, "-c", SCRIPT.format(extra=extra)]
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=True).stdout.split()


def test_a_plain_script_has_the_site_of_the_variable_and_a_server_process_has_none(migrated: Path) -> None:
    database = f"sqlite:///{migrated}"
    assert script(database, MEZZANINE_SITE_ID=1) == ["localhost", "1", "0"]
    assert script(database) == ["None", "None", "None"]
    assert script(database, "import app.wsgi", MEZZANINE_SITE_ID=1)[-3:] == ["None", "None", "None"]


AWAY = f"postgres://me:planted@127.0.0.1:{free_port()}/none"
FOR_SITES = ["MEZZANINE_SITE_ID=1 migrate", "migrate --site=1", "migrate --site=a.test", "migrate --all-sites"]


def manage_line(line: str, database: str) -> subprocess.CompletedProcess[str]:
    """A command line that may begin with a variable, as in a shell."""
    variable, _, value = line.split()[0].partition("=")
    rest = line.split()[1 if value else 0 :]
    return manage(*rest, **{"DATABASE_URL": database, **({variable: value} if value else {})})


@pytest.mark.parametrize("line", [*FOR_SITES, "migrate", "sites list", "createsuperuser --noinput"])
def test_a_database_that_is_away_is_one_line_and_status_2(line: str) -> None:
    done = manage_line(line, AWAY)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "Connection refused" in done.stderr
    assert "planted" not in done.stderr


def test_a_database_that_is_lost_ends_the_run_for_all_sites(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    lose = f"import os; from django.db import connection; os.remove('{file}'); os.mkdir('{file}'); "
    done = run("shell", "--all-sites", "-v0", "-c", lose + "connection.close(); connection.cursor()")
    expected = "--- localhost (1)\nThe database cannot be reached: unable to open database file\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_a_fault_of_a_query_is_not_taken_for_a_database_that_is_away(run: Run) -> None:
    done = run("shell", "-v0", "-c", "from django.db import connection; connection.cursor().execute('planted')")
    assert done.returncode == 1
    assert 'near "planted": syntax error' in done.stderr
    assert "cannot be reached" not in done.stderr


def test_a_directory_that_cannot_be_read_is_one_sentence_and_status_2() -> None:
    done = manage_line("sites show north.test", AWAY)
    expected = "The site directory could not be read. Is the database running?\n"
    assert (done.returncode, done.stderr) == (2, expected)
    assert "planted" not in done.stdout, "the log line says when it tries again"


@pytest.mark.parametrize("line", FOR_SITES)
def test_a_database_without_tables_is_one_line_and_status_2(line: str, tmp_path: Path) -> None:
    done = manage_line(line, f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "migrate creates its tables" in done.stderr


def test_the_variable_may_come_from_a_file_and_the_command_line_replaces_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("2\n")
    show = ("shell", "-v0", "-c", "from app.tenancy.current import current_site as c; print(c().domain)")
    assert run(*show, MEZZANINE_SITE_ID_FILE=tmp_path / "site").stdout.strip() == "north.test"
    assert run(*show, "--site=1", MEZZANINE_SITE_ID_FILE=tmp_path / "site").stdout.strip() == "localhost"
    assert run(*show, "--site=localhost", MEZZANINE_SITE_ID_FILE=tmp_path / "site").stdout.strip() == "localhost"


def test_without_the_environment_one_line_says_how_to_make_it() -> None:
    """An interpreter that has none of the libraries."""
    code = "import sys; sys.path.insert(0, ''); sys.argv = ['manage.py', 'check']; "
    code += "import runpy; runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run([PYTHON, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "make install" in done.stderr
    assert ".venv/bin/python manage.py" in done.stderr


@pytest.mark.parametrize("exceptions", ["", "plain.example.org"])
def test_check_deploy_finds_nothing_with_tls_settings(tmp_path: Path, exceptions: str) -> None:
    """The settings module is the product's; it only says that the static files were collected."""
    done = manage(
        *("check", "--deploy", "--fail-level=WARNING"),
        **collected_static(),
        DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}",
        SECURE_SSL_REDIRECT="true",
        SSL_REDIRECT_EXCEPT=exceptions,
        HSTS_SECONDS="31536000",
    )
    assert done.returncode == 0, done.stderr
    assert "security." not in done.stdout + done.stderr
    assert "3 silenced" in done.stdout


def test_check_deploy_names_what_is_missing_without_them(tmp_path: Path) -> None:
    done = manage("check", "--deploy", DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}")
    assert set(re.findall(r"security\.W\d+", done.stderr)) == {f"security.W{n:03}" for n in (4, 8, 10, 16)}
