"""`release` with row security: the role of the pods, its rights, and what is wrong, by name."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.commands import manage, managed, managing
from tests.support.postgresql import PostgreSQL, sql

pytestmark = pytest.mark.service("postgresql")


OWNER, PODS = "row_security_owner", "row_security_pods"


@pytest.fixture(scope="module")
def released(postgresql: PostgreSQL) -> str:
    """A database of an owner who is no superuser, after a release with row security; its name."""
    name = postgresql.create_database()
    sql(postgresql.url(), f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
    sql(postgresql.url(), f"ALTER DATABASE {name} OWNER TO {OWNER}")
    sql(postgresql.url(name), f"ALTER SCHEMA public OWNER TO {OWNER}")
    urls = urls_of(postgresql, name)
    managed("release", DATABASE_URL=urls["pods"], MIGRATE_DATABASE_URL=urls["owner"], DATABASE_ROW_SECURITY="true")
    return name


@pytest.fixture
def names(postgresql: PostgreSQL, released: str) -> dict[str, str]:
    """The URLs of both roles, and of a superuser, for a copy of that database."""
    return urls_of(postgresql, postgresql.create_database(template=released))


def urls_of(server: PostgreSQL, database: str) -> dict[str, str]:
    url = server.url(database)
    roles = {"superuser": "postgres", "owner": OWNER, "pods": f"{PODS}:secret"}
    return {name: url.replace("postgres@", f"{role}@") for name, role in roles.items()}


def run(names: dict[str, str], *command: str, pods: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    urls = {"DATABASE_URL": pods or names["pods"], "MIGRATE_DATABASE_URL": names["owner"]}
    return manage(*command, **{**urls, "DATABASE_ROW_SECURITY": "true", "DATABASE_WAIT_SECONDS": "1", **env})


def test_it_works(names: dict[str, str]) -> None:
    done = run(names, "release")

    assert done.returncode == 0, done.stderr
    assert run(names, "wait").returncode == 0
    assert run(names, "check", "--database", "default").returncode == 0
    roles = sql(names["superuser"], "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles")
    assert (PODS, False, False, False) in roles
    assert "localhost" in managed("sites", "list", DATABASE_URL=names["pods"], DATABASE_ROW_SECURITY="true")


def test_a_role_that_may_not_be_created_is_named_with_what_to_do(names: dict[str, str]) -> None:
    pods = names["pods"].replace(PODS, "another_role")
    sql(names["superuser"], f"ALTER ROLE {OWNER} NOCREATEROLE")
    try:
        refused = run(names, "release", pods=pods)
        assert refused.returncode == 2
        assert 'CREATE ROLE "another_role" LOGIN PASSWORD' in refused.stderr
        assert "secret" not in refused.stderr
        waiting = run(names, "wait", pods=pods)
        assert (waiting.returncode, "did not respond within" in waiting.stderr) == (2, True)
        sql(names["superuser"], "CREATE ROLE another_role LOGIN")
        assert run(names, "release", pods=pods).returncode == 0
    finally:
        sql(names["superuser"], f"ALTER ROLE {OWNER} CREATEROLE")


def test_a_role_that_has_no_rights_yet_is_waited_for(names: dict[str, str]) -> None:
    """As with an operator that creates the role beside the release."""
    pods = names["pods"].replace(PODS, "early_role")
    sql(names["superuser"], "CREATE ROLE early_role LOGIN")
    sql(names["superuser"], f"GRANT early_role TO {OWNER} WITH ADMIN OPTION")
    urls = {"DATABASE_URL": pods, "MIGRATE_DATABASE_URL": names["owner"]}
    with managing("wait", DATABASE_ROW_SECURITY="true", DATABASE_WAIT_SECONDS="1", **urls) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "The role of the pods has no rights yet; waiting for the release.\n"
        released = run(names, "release", pods=pods)
        assert released.returncode == 0, released.stderr
        assert waiting.wait(60) == 0


@pytest.mark.parametrize("which", ["superuser", "owner"])
def test_a_role_that_is_not_bound_is_refused(which: str, names: dict[str, str]) -> None:
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


def test_it_is_turned_off_and_on_again(names: dict[str, str]) -> None:
    for value in ("true", "false", "true"):
        done = run(names, "release", DATABASE_ROW_SECURITY=value)
        assert done.returncode == 0, done.stderr
        tables = sql(names["superuser"], "SELECT count(*) FROM pg_class WHERE relrowsecurity")[0][0]
        assert bool(tables) == (value == "true")
        assert run(names, "sites", "list", DATABASE_ROW_SECURITY=value).returncode == 0


def test_the_tables_of_an_app_may_go_and_come_back(names: dict[str, str]) -> None:
    for target in ("zero", "0004"):
        done = run(names, "migrate", "twitter", target)
        assert done.returncode == 0, done.stderr
    assert sql(names["superuser"], "SELECT relrowsecurity FROM pg_class WHERE relname = 'twitter_tweet'") == [(True,)]
    keys = (
        "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'same_site_%' AND conrelid = 'twitter_tweet'::regclass"
    )
    assert sql(names["superuser"], keys) == [(1,)]
