"""Is the database there?

DatabaseUnusable
├── DatabaseAway      it did not answer for as long as was waited
└── DatabaseRefused   it answered, and waiting will not change the answer
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

RETRY_SECONDS = 1.0
Say = Callable[[str], object]


class DatabaseUnusable(Exception):
    """The message says where the database should be, and what it said last."""


class DatabaseAway(DatabaseUnusable):
    def __init__(self, where: str, *, waited: float, reason: str) -> None:
        super().__init__(f"The database at {where} did not answer within {waited:g} s: {reason}")


class DatabaseRefused(DatabaseUnusable):
    def __init__(self, where: str, *, reason: str) -> None:
        super().__init__(f"The database at {where} refuses: {reason}")


def wait_for_database(seconds: float, say: Say) -> None:
    """Returns when the database takes connections. Raises `DatabaseUnusable`."""
    where, deadline, told = address(), time.monotonic() + seconds, False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            connection.close()
            if is_final(error):
                raise DatabaseRefused(where, reason=reason(error)) from None
            if time.monotonic() + RETRY_SECONDS > deadline:
                raise DatabaseAway(where, waited=seconds, reason=reason(error)) from None
            if not told:
                say(f"Waiting up to {seconds:g} s for the database at {where}.")
                told = True
            time.sleep(RETRY_SECONDS)
        else:
            return


def is_final(error: OperationalError) -> bool:
    """A server that asked for a password and was not content, or a file that cannot be opened."""
    if connection.vendor == "sqlite":
        return True
    # The text of a refusal comes in the server's language and without its code; how far the login came does not.
    login = getattr(error.__cause__, "pgconn", None)
    return login is not None and bool(login.used_password or login.needs_password)


def address() -> str:
    database = settings.DATABASES[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        return str(database["NAME"])
    return f"{database.get('HOST') or 'the local socket'}:{database.get('PORT') or 5432}"


def reason(error: OperationalError) -> str:
    """The first line; a hint, or one more line for each address that was tried, follows it."""
    return str(error).strip().splitlines()[0].removeprefix("connection failed: ")
