"""Locks between processes, on any number of machines. They end with the process that holds them, however it ends.

On PostgreSQL an advisory lock in a transaction on a connection of its own: nothing that happens to the default
connection releases it, and a pooler keeps the server connection that holds it. On SQLite a file lock beside the
database.
"""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection
from django.db.backends.utils import CursorWrapper

from app.private_files import opener

RETRY_SECONDS = 0.2


def try_lock(name: str) -> AbstractContextManager[bool]:
    """Yields whether this process holds the lock; False when another one does."""
    return _lock(name, None)


def wait_for_lock(name: str, on_wait: Callable[[], object]) -> AbstractContextManager[bool]:
    """Holds the lock. Calls `on_wait` once if another process holds it, then waits without a limit."""
    return _lock(name, on_wait)


def _lock(name: str, on_wait: Callable[[], object] | None) -> AbstractContextManager[bool]:
    return (_file_lock if connection.vendor == "sqlite" else _advisory_lock)(name, on_wait)


@contextmanager
def _advisory_lock(name: str, on_wait: Callable[[], object] | None) -> Iterator[bool]:
    # PostgreSQL names locks by number; other programs on this database number theirs in their own way.
    number = int.from_bytes(hashlib.sha256(f"colonnade {name}".encode()).digest()[:8], signed=True)
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            held = _try_advisory_lock(cursor, number)
            if not held and on_wait is not None:
                on_wait()
                while not held:
                    # Not one statement that waits: CREATE INDEX CONCURRENTLY of the release that holds the lock would
                    # wait for that statement to end.
                    time.sleep(RETRY_SECONDS)
                    held = _try_advisory_lock(cursor, number)
        yield held
        # The server would release it too, but only some time after the connection has ended. A connection that is lost
        # holds nothing.
        with suppress(OperationalError, InterfaceError):
            holder.rollback()
    finally:
        holder.close()


def _try_advisory_lock(cursor: CursorWrapper, number: int) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
    return bool(cursor.fetchone() == (True,))


@contextmanager
def _file_lock(name: str, on_wait: Callable[[], object] | None) -> Iterator[bool]:
    database = str(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    if ":memory:" in database or "mode=memory" in database:
        yield True  # no other process can open this database
        return
    with open(f"{database}.{name}-lock", "w", opener=opener) as file:
        held = _flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not held and on_wait is not None:
            on_wait()
            held = _flock(file.fileno(), fcntl.LOCK_EX)
        yield held


def _flock(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode)
    except BlockingIOError:
        return False
    return True
