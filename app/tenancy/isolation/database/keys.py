"""On PostgreSQL: foreign keys `(site_id, x_id)` between site-related tables, deferred as Django's own.

A row without a site of its own (a many-to-many link, a child model) has a constraint trigger instead. Nothing is locked
for long: indexes are built concurrently, and a key is validated after it was added. The old release goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from app.tenancy.isolation.database.crossings import Check, checks, refuse_crossings
from app.tenancy.isolation.database.links import Link, Place, digest

KEY, INDEX = "same_site_", "site_key_"
SCHEMA = "<schema>"  # known when the statement is executed
STORED = """
SELECT con.conname, c.relname, con.contype::text, con.contype = 't' OR con.convalidated FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
WHERE con.connamespace = current_schema()::regnamespace AND starts_with(con.conname, 'same_site_')
"""
INDEXES = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, 'site_key_') AND i.indisvalid = %s
"""
# Without rights of its own, a function may be called by everybody: so it is after a restore that leaves rights out.
OPEN_FUNCTIONS = """
SELECT proname FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'same_site_') AND proacl IS NULL
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = "{schema}", pg_temp AS $$
BEGIN
  IF EXISTS ({query}) THEN
    RAISE foreign_key_violation USING MESSAGE = '{message}';
  END IF;
  RETURN NULL;
END $$
"""


def install(connection: BaseDatabaseWrapper, links: Collection[Link]) -> None:
    """Adds what is missing and drops what no model has any longer. Raises `ReferencesToOtherSites`."""
    wanted = {name: (link, statements) for link in links for name, statements in _constraints(link)}
    indexes = {_index(link.target): link.target for link in links if link.has_own_site}
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        rows = cursor.fetchall()
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    stored = {name: (table, kind) for name, table, kind, _ in rows}
    valid = {name for name, *_, is_valid in rows if is_valid}
    missing = {name: wanted[name] for name in wanted.keys() - valid}
    refuse_crossings(connection, {link for link, _ in missing.values()})
    for name in stored.keys() - wanted.keys():
        _drop(connection, name, *stored[name])
    _install_indexes(connection, indexes)
    for name, (_link, statements) in missing.items():
        for statement in statements[1:] if name in stored else statements:
            _execute(connection, statement.replace(SCHEMA, schema))
    with connection.cursor() as cursor:
        cursor.execute(OPEN_FUNCTIONS)
        for (name,) in cursor.fetchall():
            cursor.execute(_closed(name))


def _constraints(link: Link) -> Iterator[tuple[str, list[str]]]:
    """The name of each constraint, and the statements that create it; the second and later ones may run again."""
    if link.has_own_site:
        name = f"{KEY}{digest(link)}"
        columns = f'(site_id, "{link.column}") REFERENCES "{link.target.table}" (site_id, "{link.target.key}")'
        key = f"FOREIGN KEY {columns} DEFERRABLE INITIALLY DEFERRED NOT VALID"
        yield (
            name,
            [
                f'ALTER TABLE "{link.table}" ADD CONSTRAINT "{name}" {key}',
                f'ALTER TABLE "{link.table}" VALIDATE CONSTRAINT "{name}"',
            ],
        )
        return
    for check in checks(link):
        name = f"{KEY}{digest(link, check)}"
        yield name, [_function(name, link, check), _closed(name), _trigger(name, check, link)]


def _function(name: str, link: Link, check: Check) -> str:
    # SECURITY: it runs as the owner, because row security would hide the other site's row from it. Its text is fixed,
    # its search path too, and nobody else may attach it to a table.
    message = f"{link.table}.{link.column} refers to a row of another site"
    return FUNCTION.format(name=name, query=check.query.format(row="NEW"), message=message, schema=SCHEMA)


def _closed(name: str) -> str:
    return f'REVOKE ALL ON FUNCTION "{name}"() FROM PUBLIC'


def _trigger(name: str, check: Check, link: Link) -> str:
    columns = ", ".join(f'"{column}"' for column in check.columns)
    # A new row at an end is there when the transaction ends, and so is the check of the reference.
    insert = "INSERT OR " if check.table == link.table else ""
    return (
        f'CREATE CONSTRAINT TRIGGER "{name}" AFTER {insert}UPDATE OF {columns} ON "{check.table}"'
        f' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "{name}"()'
    )


def _drop(connection: BaseDatabaseWrapper, name: str, table: str, kind: str) -> None:
    is_trigger = kind == "t"  # goes with its function
    drop = f'DROP FUNCTION "{name}"() CASCADE' if is_trigger else f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'
    _execute(connection, drop)


def _install_indexes(connection: BaseDatabaseWrapper, wanted: dict[str, Place]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [False])
        broken = {name for (name,) in cursor.fetchall()}
        cursor.execute(INDEXES, [True])
        stored = {name for (name,) in cursor.fetchall()}
    for name in broken | (stored - wanted.keys()):
        _execute(connection, f'DROP INDEX "{name}"')
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    for name in wanted.keys() - stored:
        target = wanted[name]
        _execute(
            connection, f'CREATE UNIQUE INDEX {concurrently} "{name}" ON "{target.table}" (site_id, "{target.key}")'
        )


def _index(target: Place) -> str:
    return f"{INDEX}{digest(target)}"


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
