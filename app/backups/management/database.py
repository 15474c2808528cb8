from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from app.release.database import DatabaseUnusable, wait_for_database
from app.release.owner import connected_as_owner


@contextmanager
def usable_database(say: Callable[[str], object]) -> Iterator[None]:
    """Inside the block the connection is that of the tables' owner: with row security, the pods' role sees no rows.

    Waits for the database. Raises `CommandError` with status 2.
    """
    with connected_as_owner():
        try:
            wait_for_database(settings.DATABASE_WAIT_SECONDS, say)
        except DatabaseUnusable as error:
            raise CommandError(str(error), returncode=2) from None
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")  # a page may not take half a minute; this may
        yield
