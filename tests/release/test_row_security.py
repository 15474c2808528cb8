"""`release` with row security: the role of the pods, its rights, and what is wrong, by name."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.commands import manage, managed
from tests.support.postgresql import PostgreSQL, sql

pytestmark = pytest.mark.service("postgresql")


@pytest.fixture
def names(postgresql: PostgreSQL) -> dict[str, str]:
    """A database of an owner who is no superuser, and the URLs of both roles."""
    database = postgresql.create_database()
    owner, pods = f"{database}_owner", f"{database}_pods"
    sql(postgresql.url(), f"CREATE ROLE {owner} LOGIN CREATEROLE")
    sql(postgresql.url(), f"ALTER DATABASE {database} OWNER TO {owner}")
    sql(postgresql.url(database), f"ALTER SCHEMA public OWNER TO {owner}")
    url = postgresql.url(database)
    return {
        "superuser": url,
        "owner": url.replace("postgres@", f"{owner}@"),
        "pods": url.replace("postgres@", f"{pods}:secret@"),
        "owner_role": owner,
        "pods_role": pods,
    }


def run(names: dict[str, str], *command: str, pods: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    urls = {"DATABASE_URL": pods or names["pods"], "MIGRATE_DATABASE_URL": names["owner"]}
    return manage(*command, **{**urls, "DATABASE_ROW_SECURITY": "true", "DATABASE_WAIT_SECONDS": "1", **env})


def test_it_works(names: dict[str, str]) -> None:
    first, second = run(names, "release"), run(names, "release")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert run(names, "wait").returncode == 0
    assert run(names, "check", "--database", "default").returncode == 0
    found = sql(
        names["superuser"], f"SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = '{names['pods_role']}'"
    )
    assert found == [(False, False)]
    assert "localhost" in managed("sites", "list", DATABASE_URL=names["pods"], DATABASE_ROW_SECURITY="true")


def test_a_role_that_may_not_be_created_is_named_with_what_to_do(names: dict[str, str]) -> None:
    sql(names["superuser"], f"ALTER ROLE {names['owner_role']} NOCREATEROLE")
    refused = run(names, "release")

    assert refused.returncode == 2
    assert f'CREATE ROLE "{names["pods_role"]}" LOGIN PASSWORD' in refused.stderr
    assert "secret" not in refused.stderr
    sql(names["superuser"], f"CREATE ROLE {names['pods_role']} LOGIN")
    assert run(names, "release").returncode == 0


@pytest.mark.parametrize("which", ["superuser", "owner"])
def test_a_role_that_is_not_bound_is_refused(which: str, names: dict[str, str]) -> None:
    assert run(names, "release").returncode == 0
    other = {"MIGRATE_DATABASE_URL": names["superuser"] if which == "owner" else names["owner"]}
    for command in (("release",), ("wait",), ("sites", "list"), ("poll_twitter",)):
        refused = run(names, *command, pods=names[which], **other)
        assert refused.returncode == 2, command
        assert "row security does not bind the database role" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_migrations_need_the_owner(names: dict[str, str]) -> None:
    for command in ("release", "migrate"):
        refused = run(names, command, MIGRATE_DATABASE_URL="")
        assert refused.returncode == 2, refused.stderr
        assert "Set MIGRATE_DATABASE_URL" in refused.stderr


def test_pods_wait_until_row_security_is_there(names: dict[str, str]) -> None:
    managed("release", DATABASE_URL=names["owner"])
    waiting = run(names, "wait")
    assert (waiting.returncode, "did not respond within" in waiting.stderr) == (2, True), "the role does not exist yet"


def test_it_is_turned_off_and_on_again(names: dict[str, str]) -> None:
    for value in ("true", "false", "true"):
        done = run(names, "release", DATABASE_ROW_SECURITY=value)
        assert done.returncode == 0, done.stderr
        tables = sql(names["superuser"], "SELECT count(*) FROM pg_class WHERE relrowsecurity")[0][0]
        assert bool(tables) == (value == "true")
        assert run(names, "sites", "list", DATABASE_ROW_SECURITY=value).returncode == 0


def test_the_tables_of_an_app_may_go_and_come_back(names: dict[str, str]) -> None:
    assert run(names, "release").returncode == 0
    for target in ("zero", "0004"):
        done = run(names, "migrate", "twitter", target)
        assert done.returncode == 0, done.stderr
    assert sql(names["superuser"], "SELECT relrowsecurity FROM pg_class WHERE relname = 'twitter_tweet'") == [(True,)]
    keys = (
        "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'same_site_%' AND conrelid = 'twitter_tweet'::regclass"
    )
    assert sql(names["superuser"], keys) == [(1,)]
