"""Sends the site of a statement in the same message as the statement, so it costs no round trip.

PostgreSQL runs the statements of one message as one transaction, and the setting lasts as long as the transaction.
Nothing is left on the connection, so PgBouncer may give it to another client after each transaction. Inside a longer
transaction every statement sets it again: a rolled back savepoint or a nested `use_site()` cannot leave a wrong one.
What goes round this cursor has no site, and reaches no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, Self

from django.db import NotSupportedError
from django.db.backends.postgresql import operations
from django.db.backends.postgresql.base import CursorMixin
from django.db.backends.utils import CursorWrapper
from psycopg import ClientCursor, Copy, sql
from psycopg.pq import TransactionStatus

from app.postgresql import base
from app.postgresql.row_security.errors import UnboundRole
from app.postgresql.row_security.scope import SETTING, scope_of, tenancy

SET = f"SELECT set_config('{SETTING}', "
END = ", true);\n"  # so that an error shows the line of the statement itself
FAULTS = """
SELECT current_user, role.rolsuper, role.rolbypassrls,
  (SELECT min(relname) FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p')
   AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE'))
FROM pg_roles AS role WHERE role.rolname = current_user
"""


class Cursor(CursorMixin, ClientCursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if self._is_aborted():
            return super().execute(query, params, **options)  # nothing but ROLLBACK has an effect now
        text = self._text(query)
        scope = scope_of(text)
        if params is None or isinstance(params, Mapping):
            prefix = f"{SET}'{scope}'{END}"
        else:
            # A parameter, because psycopg remembers how it parsed a text.
            prefix, params = f"{SET}%s{END}", (scope, *params)
        super().execute(prefix + text, params, **options)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        with self._bound(self._text(query)):
            super().executemany(query, params_seq, returning=returning)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **options: Any) -> Iterator[Copy]:
        with self._bound(self._text(statement)), super().copy(statement, params, **options) as copy:
            yield copy

    def stream(self, *_: Any, **__: Any) -> NoReturn:
        raise NotSupportedError("stream() carries no site. Use execute().")

    @contextmanager
    def _bound(self, text: str) -> Iterator[None]:
        """For statements that cannot share a message with another one."""
        with self.connection.transaction():
            super().execute(f"{SET}'{scope_of(text)}'{END}")
            yield

    def _is_aborted(self) -> bool:
        return self.connection.pgconn.transaction_status == TransactionStatus.INERROR

    def _text(self, query: Any) -> str:
        if isinstance(query, sql.Composable):
            return query.as_string(self.connection)
        return query.decode() if isinstance(query, bytes) else str(query)


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "app.postgresql.row_security.compiler"

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        sent: str | None = super().last_executed_query(cursor, sql, params)
        return sent.partition(END)[2] if sent and sent.startswith(SET) else sent


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        return super().get_connection_params() | {"cursor_factory": Cursor}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        try:
            refuse_unbound_role(self)
        except UnboundRole:
            self.close()
            raise

    def chunked_cursor(self) -> CursorWrapper:
        # A server-side cursor would read its rows with the site of the statement before each fetch.
        return self.cursor()


def refuse_unbound_role(connection: DatabaseWrapper) -> None:
    """Raises `UnboundRole`. At each new connection: a role may change while the process runs."""
    # Not Django's cursor, which would count and log it as a query of the code.
    with connection.connection.cursor() as cursor:
        role, is_superuser, bypasses, owned = cursor.execute(FAULTS, [[*tenancy.tables()]]).fetchone()
    if is_superuser:
        raise UnboundRole(role, "it is a superuser")
    if bypasses:
        raise UnboundRole(role, "it has BYPASSRLS")
    if owned:
        raise UnboundRole(role, f"it owns the table {owned}, or is a member of the role that does")
