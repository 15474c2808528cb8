"""The role of the pods on PostgreSQL, which row security binds: it owns nothing, and may read and write rows."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

STATE = """
SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s), rolsuper OR rolcreaterole
FROM pg_roles WHERE rolname = current_user
"""
CREATE = "SELECT format('CREATE ROLE %%I LOGIN', %s) || COALESCE(format(' PASSWORD %%L', NULLIF(%s, '')), '')"
# Not TRUNCATE and REFERENCES, which row security does not bind, and not TRIGGER. The last two statements are for what
# later migrations create.
GRANT = """
WITH role AS (SELECT quote_ident(%s) AS name, quote_ident(current_schema()) AS schema),
own AS (
  SELECT relkind, string_agg(quote_ident(relname), ', ') AS names FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S') AND pg_has_role(relowner, 'USAGE')
  GROUP BY relkind
)
SELECT format('GRANT USAGE ON SCHEMA %%s TO %%s', schema, name) FROM role
UNION ALL SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %%s TO %%s', names, name)
  FROM own, role WHERE relkind <> 'S'
UNION ALL SELECT format('GRANT USAGE, SELECT, UPDATE ON SEQUENCE %%s TO %%s', names, name)
  FROM own, role WHERE relkind = 'S'
UNION ALL SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %%s GRANT %%s TO %%s', schema, rights, name)
  FROM role, (VALUES ('SELECT, INSERT, UPDATE, DELETE ON TABLES'), ('USAGE, SELECT, UPDATE ON SEQUENCES')) AS r (rights)
"""


class MissingRole(CommandError):
    """The role of DATABASE_URL does not exist, and the owner may not create it."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"The database role {role!r} of DATABASE_URL does not exist, and the role of MIGRATE_DATABASE_URL may not "
            f"create it. Run as a superuser, with the password of DATABASE_URL, and start the release again:\n"
            f"  CREATE ROLE \"{role}\" LOGIN PASSWORD '...';",
            returncode=2,
        )


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates the role of DATABASE_URL if it is missing, and gives it its rights. Raises `MissingRole`."""
    role = connections.settings[DEFAULT_DB_ALIAS]
    # Together: a pod that waits for the release must not meet a role without rights.
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute(STATE, [role["USER"]])
        exists, may_create = cursor.fetchone()
        if not exists:
            if not may_create:
                raise MissingRole(role["USER"])
            cursor.execute(CREATE, [role["USER"], _hashed(connection, role["USER"], role["PASSWORD"])])
            cursor.execute(cursor.fetchone()[0])
        cursor.execute(GRANT, [role["USER"]])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def _hashed(connection: BaseDatabaseWrapper, role: str, password: str) -> str:
    # SECURITY: the server may log the statement.
    encrypt = connection.connection.pgconn.encrypt_password
    return encrypt(password.encode(), role.encode(), b"scram-sha-256").decode() if password else ""
