"""One poll at a time. The lock belongs to the polling process: however that dies, the lock is free."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

POLL = 0x706F6C6C  # "poll": the number of the advisory lock in this database


@contextmanager
def only_poll() -> Iterator[bool]:
    """False when another process polls."""
    if connection.vendor == "postgresql":
        with _advisory() as held:
            yield held
    else:
        with _beside_file(str(connection.settings_dict["NAME"])) as held:
            yield held


@contextmanager
def _advisory() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [POLL])
        (held,) = cursor.fetchone()
    try:
        yield held
    finally:
        # A connection that is lost took its lock with it.
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [POLL])


@contextmanager
def _beside_file(database: str) -> Iterator[bool]:
    """SQLite has no lock that outlives a transaction yet lets others write; the kernel's has."""
    if "memory" in database:
        yield True  # nobody else can reach it
        return
    descriptor = os.open(f"{database}-poll.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
