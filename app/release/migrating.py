"""Migrations of a database that is in use."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

LOCK_SECONDS = 5
RETRY_SECONDS = 10.0
ATTEMPTS = 6


def migrate(stdout: OutputWrapper, stderr: OutputWrapper, say: Callable[[str], object]) -> None:
    """Applies the migrations.

    A statement that changes a table waits until no other transaction uses the table. Meanwhile all new queries on the
    table have to wait, too. So it waits for a few seconds only, and is tried again after a pause.

    Raises `CommandError`.
    """
    if connection.vendor != "postgresql":
        call_command("migrate", interactive=False, stdout=stdout, stderr=stderr)
        return
    # A page may not take half a minute; creating an index may.
    _set("statement_timeout = 0")
    _set(f"lock_timeout = '{LOCK_SECONDS}s'")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            call_command("migrate", interactive=False, stdout=stdout, stderr=stderr)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            if attempt == ATTEMPTS:
                raise CommandError(
                    f"A migration needs a table that another transaction uses, for example a backup. It waited "
                    f"{ATTEMPTS} times {LOCK_SECONDS} s. Run `release` again when that transaction has ended; "
                    "pg_stat_activity shows it."
                ) from None
            say(f"A table is in use, for example by a backup. Trying again in {RETRY_SECONDS:g} s.")
            time.sleep(RETRY_SECONDS)
        else:
            break
    _set("lock_timeout TO DEFAULT")  # sites are written on the same connection


def _set(setting: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET {setting}")
