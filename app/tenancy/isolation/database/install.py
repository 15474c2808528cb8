"""Installs the rules of isolation in the database, after each `migrate`. What is there already is not touched."""

from __future__ import annotations

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from app.tenancy.isolation.database import keys, policies, roles, sqlite_triggers
from app.tenancy.isolation.database.links import Link, links

COLUMNS = {
    "postgresql": """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
        AND a.attnum > 0 AND NOT a.attisdropped""",
    "sqlite": """SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table'""",
}


def install(using: str = DEFAULT_DB_ALIAS, **_: object) -> None:
    """Receiver of `post_migrate`. Raises `ReferencesToOtherSites`, `MissingRole`."""
    if using != DEFAULT_DB_ALIAS:
        return
    connection = connections[using]
    columns = stored_columns(connection)
    # Migrated back, the database may not have all that the models say.
    present = [link for link in links() if columns_of(link) <= columns]
    if connection.vendor == "sqlite":
        sqlite_triggers.install(connection, present)
        return
    keys.install(connection, present)
    if settings.ROW_SECURITY:
        roles.install(connection)
    policies.install(connection, existing={table for table, _ in columns}, on=settings.ROW_SECURITY)


def before_migrations(using: str = DEFAULT_DB_ALIAS, plan: object = (), **_: object) -> None:
    """Receiver of `pre_migrate`: migrations that rebuild a table of SQLite need its triggers out of the way."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        sqlite_triggers.drop(connection)


def stored_columns(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        return set(cursor.fetchall())


def columns_of(link: Link) -> set[tuple[str, str]]:
    ends = {(end.table, name) for end in (link.own, link.target) for name in (end.key, "site_id")}
    return ends | {(link.table, link.column), (link.table, link.own_column)}
