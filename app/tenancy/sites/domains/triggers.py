"""Database triggers on the two columns with hosts, so that `.update()`, bulk writes and psql follow the rules as well.

- A host belongs to one site: the unique columns know neither each other nor a second spelling of a name.
- A host that is given up is recorded for the quarantine, unless it was never served.

What is stored already is not checked: a row from before these rules stays as it is.
"""

from __future__ import annotations

from django.db import connections

#: Table, column of the host, column of the site's id, and the other table and its column.
COLUMNS = (
    {"table": "django_site", "host": "domain", "site": "id", "other": "tenancy_alias", "other_host": "host"},
    {"table": "tenancy_alias", "host": "host", "site": "site_id", "other": "django_site", "other_host": "domain"},
)
TABLES = {"django_site", "tenancy_alias", "tenancy_epoch", "tenancy_pendinghost", "tenancy_releasedhost"}
NOW = {"postgresql": "statement_timestamp()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')"}
MESSAGE = "This host belongs to a site already"

INDEX = "CREATE INDEX IF NOT EXISTS {table}_spelling ON {table} (rtrim(lower({host}), '.'))"
# Two rows with the same text are left to the unique index, which `ON CONFLICT` has to reach.
TAKEN = """EXISTS (
    SELECT 1 FROM {table} AS one WHERE rtrim(lower(one.{host}), '.') = rtrim(lower(NEW.{host}), '.')
      AND one.{host} <> NEW.{host} AND {is_another}
  ) OR EXISTS (
    SELECT 1 FROM {other} AS one WHERE rtrim(lower(one.{other_host}), '.') = rtrim(lower(NEW.{host}), '.')
  )"""
# Not a host that was pending, and not the placeholder of a domain that is being changed.
RELEASE = """INSERT INTO tenancy_releasedhost (site_id, host, released_at)
    SELECT OLD.{site}, OLD.{host}, {now}
    WHERE OLD.{host} NOT LIKE '%.invalid'
      AND NOT EXISTS (SELECT 1 FROM tenancy_pendinghost WHERE host = OLD.{host})
    ON CONFLICT (host) DO UPDATE SET site_id = excluded.site_id, released_at = excluded.released_at;
  DELETE FROM tenancy_pendinghost WHERE host = OLD.{host};"""
TAKE = "DELETE FROM tenancy_releasedhost WHERE host = NEW.{host};"

POSTGRESQL_DROP = (
    "DROP TRIGGER IF EXISTS refuse_taken ON {table}",
    "DROP TRIGGER IF EXISTS record_released ON {table}",
)
# The lock makes transactions that add hosts wait for each other, so that each sees what the other one added.
POSTGRESQL = (
    # A second CREATE INDEX would be refused in a transaction that has changed the table.
    """DO $$ BEGIN IF to_regclass('{table}_spelling') IS NULL THEN {index}; END IF; END $$""",
    """CREATE OR REPLACE FUNCTION {table}_refuse_taken() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' OR NEW.{host} <> OLD.{host} THEN
        PERFORM 1 FROM tenancy_epoch WHERE id = 1 FOR UPDATE;
        IF {taken} THEN
          RAISE unique_violation USING MESSAGE = '{message}';
        END IF;
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE OR REPLACE FUNCTION {table}_record_released() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.{host} <> OLD.{host}) THEN
        {release}
      END IF;
      IF TG_OP <> 'DELETE' THEN
        {take}
      END IF;
      RETURN NULL;
    END $$""",
    *POSTGRESQL_DROP,
    """CREATE TRIGGER refuse_taken BEFORE INSERT OR UPDATE OF {host} ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_refuse_taken()""",
    """CREATE TRIGGER record_released AFTER INSERT OR DELETE OR UPDATE OF {host} ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_record_released()""",
)
REFUSE = "SELECT RAISE(ABORT, '{message}') WHERE {taken};"
SQLITE_EVENTS = ("BEFORE INSERT", "BEFORE UPDATE OF {host}", "AFTER INSERT", "AFTER UPDATE OF {host}", "AFTER DELETE")
SQLITE_DROP = "DROP TRIGGER IF EXISTS {name}"
SQLITE_CREATE = "CREATE TRIGGER {name} {event} ON {table} {condition} BEGIN {body} END"


def install(using: str = "default", **_: object) -> None:
    """Creates the triggers again, or removes them where a table is missing, because this release was taken back.

    Receiver of `post_migrate`.
    """
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    is_complete = existing >= TABLES
    if connection.vendor == "postgresql":
        statements = _postgresql if is_complete else _postgresql_removal
    else:
        statements = _sqlite if is_complete else _sqlite_removal
    _execute(
        using, [statement for column in COLUMNS if column["table"] in existing for statement in statements(column)]
    )


def remove_from_sqlite(using: str = "default", **_: object) -> None:
    """SQLite renames no table while a trigger of another one refers to a table that a migration is replacing.

    Receiver of `pre_migrate`.
    """
    if connections[using].vendor == "sqlite":
        _execute(using, [statement for column in COLUMNS for statement in _sqlite_removal(column)])


def _execute(using: str, statements: list[str]) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _postgresql(column: dict[str, str]) -> list[str]:
    parts = {
        **column,
        "index": INDEX.format(**column),
        "message": MESSAGE,
        "taken": TAKEN.format(**column, is_another="one.id <> NEW.id"),
        "release": RELEASE.format(**column, now=NOW["postgresql"]),
        "take": TAKE.format(**column),
    }
    return [statement.format(**parts) for statement in POSTGRESQL]


def _postgresql_removal(column: dict[str, str]) -> list[str]:
    return [statement.format(**column) for statement in POSTGRESQL_DROP]


def _sqlite_removal(column: dict[str, str]) -> list[str]:
    return [SQLITE_DROP.format(name=_name(column, event)) for event in SQLITE_EVENTS]


def _sqlite(column: dict[str, str]) -> list[str]:
    # The id of a new row is not known before it is inserted.
    refuse_new, refuse_changed = (
        REFUSE.format(message=MESSAGE, taken=TAKEN.format(**column, is_another=condition))
        for condition in ("TRUE", "one.id <> NEW.id")
    )
    release, take = RELEASE.format(**column, now=NOW["sqlite"]), TAKE.format(**column)
    changes = "WHEN NEW.{host} <> OLD.{host}".format(**column)
    parts = (("", refuse_new), (changes, refuse_changed), ("", take), (changes, release + take), ("", release))
    made = [*_sqlite_removal(column), INDEX.format(**column)]
    for event, (condition, body) in zip(SQLITE_EVENTS, parts, strict=True):
        name, when = _name(column, event), event.format(**column)
        made.append(SQLITE_CREATE.format(**column, name=name, event=when, condition=condition, body=body))
    return made


def _name(column: dict[str, str], event: str) -> str:
    return f"{column['table']}_{'_'.join(event.lower().split()[:2])}"
