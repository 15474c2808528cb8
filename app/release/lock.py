"""One release at a time, on any number of machines; a killed one leaves nothing to clean up."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections

from app.release.database import Say

# Any number will do that nobody else takes on this database: the first bytes of "colonnade".
LOCK = 0x636F6C6F6E6E6164
WAITING = "Another release is at work on this database; waiting for it to end."


@contextmanager
def only_release(say: Say) -> Iterator[None]:
    """Holds the lock. The server, or the kernel, lets go of it when this process dies."""
    with (_in_file if connection.vendor == "sqlite" else _in_postgresql)(say):
        yield


@contextmanager
def _in_postgresql(say: Say) -> Iterator[None]:
    # A connection of its own: a migration that fails, or that closes the other one, must not let go of the lock.
    holder = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with holder.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone() != (True,):
                say(WAITING)
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield
    finally:
        holder.close()


@contextmanager
def _in_file(say: Say) -> Iterator[None]:
    name = str(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    with Path(f"{name}.release-lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(WAITING)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
