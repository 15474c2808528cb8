"""Database triggers that raise the directory's epoch and mark content changes, so that `.update()`, bulk writes and
psql count as well.

`content_written_in` lets a process read only the versions that were written since its last look. On PostgreSQL it is
the id of the transaction: one that commits late is not missed, because its id is not below the xmin of any snapshot
that could not see it. SQLite has one writer, so a counter, in the second row of the epoch's table, is as exact.

They are created again after every migrate: SQLite drops a table's triggers when a migration rebuilds the table.
"""

from __future__ import annotations

from django.db import connections

COLUMNS = {
    "django_site": ("domain", "name"),
    # What the directory holds, and the key, which routes are named after. Others, such as content_version, change far
    # more often than sites do.
    "tenancy_siteprofile": ("site_id", "key", "state", "theme", "colour", "settings"),
    "tenancy_alias": ("site_id", "host", "redirect"),
    "tenancy_pendinghost": ("host",),
}

COUNT = (
    "INSERT INTO tenancy_epoch (id, value) VALUES ({row}, 1)"
    " ON CONFLICT (id) DO UPDATE SET value = tenancy_epoch.value + 1"
)
RAISE = COUNT.format(row=1)
FUNCTION = f"""
CREATE OR REPLACE FUNCTION tenancy_raise_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {RAISE};
  RETURN NULL;
END $$
"""
MARK_FUNCTION = """
CREATE OR REPLACE FUNCTION tenancy_mark_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.content_written_in := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$
"""
MARK = "; ".join(
    (
        COUNT.format(row=2),
        "UPDATE tenancy_siteprofile SET content_written_in = (SELECT value FROM tenancy_epoch WHERE id = 2)"
        " WHERE id = NEW.id",
    )
)


def install(using: str = "default", **_: object) -> None:
    """Creates the triggers again. Receiver of `post_migrate`."""
    connection = connections[using]
    if not set(COLUMNS) <= set(connection.introspection.table_names()):
        return  # migrated back to a state without the tables
    with connection.cursor() as cursor:
        for statement in _postgresql() if connection.vendor == "postgresql" else _sqlite():
            cursor.execute(statement)


def _postgresql() -> list[str]:
    made = [FUNCTION]
    for table, columns in COLUMNS.items():
        events = f"INSERT OR DELETE OR TRUNCATE OR UPDATE OF {', '.join(columns)}"
        made += [
            f"DROP TRIGGER IF EXISTS raise_epoch ON {table}",
            f"CREATE TRIGGER raise_epoch AFTER {events} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION tenancy_raise_epoch()",
        ]
    return [
        *made,
        MARK_FUNCTION,
        "DROP TRIGGER IF EXISTS mark_content ON tenancy_siteprofile",
        "CREATE TRIGGER mark_content BEFORE INSERT OR UPDATE OF content_version ON tenancy_siteprofile"
        " FOR EACH ROW EXECUTE FUNCTION tenancy_mark_content()",
    ]


def _sqlite() -> list[str]:
    made = []
    for table, columns in COLUMNS.items():
        for event in ("INSERT", "DELETE", f"UPDATE OF {', '.join(columns)}"):
            name = f"raise_epoch_{table}_{event.split()[0].lower()}"
            made += [
                f"DROP TRIGGER IF EXISTS {name}",
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {RAISE}; END",
            ]
    for event in ("INSERT", "UPDATE OF content_version"):
        name = f"mark_content_{event.split()[0].lower()}"
        made += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {event} ON tenancy_siteprofile BEGIN {MARK}; END",
        ]
    return made
