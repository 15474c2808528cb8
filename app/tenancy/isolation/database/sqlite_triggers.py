"""On SQLite: triggers that refuse a reference to a row of another site, as PostgreSQL's composite keys do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from app.tenancy.isolation.database.crossings import checks, refuse_crossings
from app.tenancy.isolation.database.links import Link, digest

NAME = "same_site_"
STORED = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 10) = 'same_site_'"


def install(connection: BaseDatabaseWrapper, links: Collection[Link]) -> None:
    """Adds what is missing and drops what no model has any longer. Raises `ReferencesToOtherSites`."""
    wanted = {name: (link, statement) for link in links for name, statement in _triggers(link)}
    stored = _stored(connection)
    missing = {name: wanted[name] for name in wanted.keys() - stored}
    refuse_crossings(connection, {link for link, _ in missing.values()})
    with connection.cursor() as cursor:
        for name in stored - wanted.keys():
            cursor.execute(f'DROP TRIGGER "{name}"')
        for _link, statement in missing.values():
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drops all of them: SQLite refuses to rename a table that a trigger of another table names."""
    with connection.cursor() as cursor:
        for name in _stored(connection):
            cursor.execute(f'DROP TRIGGER "{name}"')


def _triggers(link: Link) -> Iterator[tuple[str, str]]:
    message = f"{link.table}.{link.column} refers to a row of another site"
    for check in checks(link):
        body = f"SELECT RAISE(ABORT, '{message}') WHERE EXISTS ({check.query.format(row='NEW')})"
        columns = ", ".join(f'"{column}"' for column in check.columns)
        for event in ("INSERT", f"UPDATE OF {columns}"):
            name = f"{NAME}{digest(link, check, event)}"
            yield name, f'CREATE TRIGGER "{name}" AFTER {event} ON "{check.table}" BEGIN {body}; END'


def _stored(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        rows: list[Any] = cursor.fetchall()
    return {name for (name,) in rows}
