"""Which statements a request sends to the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

#: Reads, and what transactions are made of. A statement of any other kind may write.
READS = re.compile(r"[\s(]*(SELECT|WITH|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|SHOW|PRAGMA)\b", re.IGNORECASE)
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|CALL|COPY)\b", re.IGNORECASE)
#: A session is the visitor's own, and this table has no trigger.
OF_SESSIONS = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "django_session" ')


@contextmanager
def statements_that_may_write(*, of_sessions: bool = False) -> Iterator[list[str]]:
    """Collects them while the block runs, on every connection of this process; those on sessions only if wanted."""
    found: list[str] = []

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = str(sql)
        is_of_sessions = OF_SESSIONS.match(text) and not of_sessions
        if not is_of_sessions and (not READS.match(text) or WRITES.search(text)):
            found.append(text)
        return execute(sql, params, many, context)

    with ExitStack() as wrapped:
        for connection in connections.all():
            wrapped.enter_context(connection.execute_wrapper(watch))
        yield found
