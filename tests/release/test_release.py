"""`manage.py release` and `manage.py wait`, as operators and charts run them, on both databases."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import psycopg
import pytest

from tests.support.commands import manage, managed, managing
from tests.support.postgresql import PostgreSQL, made_postgresql
from tests.support.programs import free_port


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service("postgresql"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite3'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.url(server.create_database())


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """For what does not depend on the kind of database."""
    return f"sqlite:///{tmp_path / 'db.sqlite3'}"


def release(url: str, *words: object, **env: object) -> subprocess.CompletedProcess[str]:
    return manage("release", *map(str, words), DATABASE_URL=url, **{name: str(value) for name, value in env.items()})


def listed(url: str) -> str:
    return managed("sites", "list", "--json", DATABASE_URL=url)


def test_it_works(url: str) -> None:
    first, second = release(url), release(url)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "Applying tenancy.0001_initial" in first.stdout
    assert "No migrations to apply." in second.stdout


def test_releases_that_start_together_run_one_after_another(url: str) -> None:
    results: list[subprocess.CompletedProcess[str]] = []
    threads = [threading.Thread(target=lambda: results.append(release(url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [done.returncode for done in results] == [0, 0, 0], [done.stderr for done in results]
    assert sum("Applying tenancy.0001_initial" in done.stdout for done in results) == 1


HURRY = """
from django.core.management import call_command
from django.db import connection
from app.release import migrating
migrating.LOCK_SECONDS, migrating.RETRY_SECONDS, migrating.ATTEMPTS = 1, 0.0, 2
call_command("release")
print("lock_timeout", connection.cursor().execute("SHOW lock_timeout").fetchone())
"""


@pytest.mark.service("postgresql")
def test_a_migration_waits_only_briefly_for_a_table_in_use(postgresql: PostgreSQL) -> None:
    """All requests for that table wait behind it, for as long as a backup takes."""
    url = postgresql.url(postgresql.create_database())
    hurry = ("shell", "-v0", "-c", HURRY)
    managed("migrate", "--verbosity=0", DATABASE_URL=url)
    managed("migrate", "twitter", "0003", "--verbosity=0", DATABASE_URL=url)
    with psycopg.connect(url) as backup:
        backup.execute("LOCK TABLE twitter_tweet IN ACCESS SHARE MODE")
        done = manage(*hurry, DATABASE_URL=url)
        assert (done.returncode, "It waited 2 times 1 s. Run `release` again" in done.stderr) == (1, True), done.stderr
        assert done.stdout.count("A table is in use, for example by a backup.") == 1
        # Nobody waits for what has given up.
        with psycopg.connect(url, options="-c lock_timeout=1s") as visitor:
            visitor.execute("SELECT count(*) FROM twitter_tweet")
    done = manage(*hurry, DATABASE_URL=url)
    assert (done.returncode, "lock_timeout ('0',)" in done.stdout) == (0, True), done.stderr


def test_declared_sites_become_rows(file_url: str, tmp_path: Path) -> None:
    file = tmp_path / "sites.yaml"
    file.write_text("sites: {east: {domain: east.example, name: East}, west: {domain: west.example, name: West}}")
    assert release(file_url, SITES_FILE=file).returncode == 0
    file.write_text("sites: {east: {domain: east.example, name: East}}")
    kept, pruned = release(file_url, SITES_FILE=file), release(file_url, SITES_FILE=file, SITES_PRUNE="true")

    assert "? west  west.example" in kept.stdout
    assert "- west  west.example (archived)" in pruned.stdout
    assert "east.example" in listed(file_url)


def test_only_migrate_does_only_that(file_url: str, tmp_path: Path) -> None:
    done = release(file_url, "--only-migrate", SITES_FILE=tmp_path / "none", DJANGO_SUPERUSER_USERNAME="root")

    assert done.returncode == 0, done.stderr


def test_a_release_that_was_replaced_changes_nothing(file_url: str, tmp_path: Path) -> None:
    """The job of a failed upgrade, whose image can be pulled only after the rollback."""
    current = tmp_path / "job"
    current.write_text("later\n")
    replaced, unreadable = (
        release(file_url, "--current", current, "earlier"),
        release(file_url, "--current", "none", "x"),
    )
    assert replaced.returncode == 0
    assert "Another release has replaced this one. Nothing was changed." in replaced.stdout
    assert "Applying" not in replaced.stdout
    assert (unreadable.returncode, "--current none" in unreadable.stderr) == (2, True)

    current.write_text("earlier\n")
    assert "Applying tenancy.0001_initial" in release(file_url, "--current", current, "earlier").stdout


def test_a_site_file_that_is_wrong_changes_nothing(file_url: str, tmp_path: Path) -> None:
    file = tmp_path / "sites.yaml"
    file.write_text("sites: {east: {domain: 'not a host'}}")
    done = release(file_url, SITES_FILE=file)

    assert done.returncode == 2
    assert "nothing was changed" in done.stderr


def test_the_superuser_is_created_once_and_never_changed(file_url: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("planted-password\n")
    env = {"DJANGO_SUPERUSER_USERNAME": "root", "DJANGO_SUPERUSER_EMAIL": "root@example.test"}
    first = release(file_url, DJANGO_SUPERUSER_PASSWORD_FILE=password, **env)
    again = release(file_url, DJANGO_SUPERUSER_PASSWORD="another", **env)

    assert "The superuser root was created." in first.stdout
    assert "The user root exists and is unchanged." in again.stdout
    assert signs_in(file_url, "planted-password")
    assert not signs_in(file_url, "another")
    assert "planted-password" not in first.stdout + first.stderr


def signs_in(url: str, password: str) -> bool:
    code = (
        f"from app.accounts.models import User; print(User.objects.get(username='root').check_password({password!r}))"
    )
    return managed("shell", "--verbosity=0", "--command", code, DATABASE_URL=url).strip() == "True"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({}, "set DJANGO_SUPERUSER_PASSWORD as well"),
        ({"DJANGO_SUPERUSER_PASSWORD": "x", "DJANGO_SUPERUSER_EMAIL": "nobody"}, "valid email"),
        ({"DJANGO_SUPERUSER_PASSWORD": "x", "DJANGO_SUPERUSER_USERNAME": "ro ot"}, "valid username"),
    ],
)
def test_an_incomplete_superuser_is_refused(file_url: str, env: dict[str, str], says: str) -> None:
    done = release(file_url, **{"DJANGO_SUPERUSER_USERNAME": "root", **env})

    assert done.returncode == 2
    assert says in done.stderr


def test_wait_ends_with_the_release(url: str) -> None:
    with managing("wait", DATABASE_URL=url, PYTHONUNBUFFERED=1) as waiting:
        assert waiting.stdout is not None
        assert "are not applied yet" in waiting.stdout.readline()
        assert waiting.poll() is None
        assert release(url).returncode == 0
        assert waiting.wait() == 0


@pytest.mark.parametrize("command", ["release", "wait"])
def test_a_database_that_never_responds_is_named(command: str) -> None:
    port = free_port()
    away = f"postgres://nora:planted-password@127.0.0.1:{port}/colonnade"
    done = manage(command, DATABASE_URL=away, DATABASE_WAIT_SECONDS=1)

    assert done.returncode == 2
    assert f"The database at 127.0.0.1:{port} did not respond within 1 s: " in done.stderr
    assert "planted-password" not in done.stdout + done.stderr


@pytest.mark.service("postgresql")
def test_release_waits_for_a_database_that_starts_late() -> None:
    with made_postgresql() as server, managing("release", DATABASE_URL=server.url(), PYTHONUNBUFFERED=1) as job:
        assert job.stdout is not None
        assert "Waiting up to 60 s for the database" in job.stdout.readline()
        server.start()
        output, errors = job.communicate()
        assert job.returncode == 0, output + errors
    assert "Applying tenancy.0001_initial" in output


def test_release_does_not_wait_for_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    done = release(f"sqlite:///{tmp_path / 'none' / 'db.sqlite3'}")

    assert done.returncode == 2
    assert "unable to open database file" in done.stderr
