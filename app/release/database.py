"""Waits for the database.

DatabaseUnusable
├── DatabaseAway      it did not respond within the time limit
└── DatabaseRefused   it responded, and waiting will not change the response
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError, connection

RETRY_SECONDS = 1.0
Print = Callable[[str], object]


class DatabaseUnusable(Exception):
    """The message names the database's address and its last error."""


class DatabaseAway(DatabaseUnusable):
    def __init__(self, where: str, *, waited: float, reason: str) -> None:
        super().__init__(f"The database at {where} did not respond within {waited:g} s: {reason}")


class DatabaseRefused(DatabaseUnusable):
    def __init__(self, where: str, *, reason: str) -> None:
        super().__init__(f"The database at {where} refuses connections: {reason}")


def wait_for_database(seconds: float, say: Print) -> None:
    """Returns when the database accepts connections. Raises `DatabaseUnusable`."""
    where, deadline, announced = address(), time.monotonic() + seconds, False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            connection.close()
            if is_final(error):
                raise DatabaseRefused(where, reason=reason(error)) from None
            if time.monotonic() + RETRY_SECONDS > deadline:
                raise DatabaseAway(where, waited=seconds, reason=reason(error)) from None
            if not announced:
                say(f"Waiting up to {seconds:g} s for the database at {where}.")
                announced = True
            time.sleep(RETRY_SECONDS)
        else:
            return


def is_final(error: OperationalError) -> bool:
    """Whether waiting is useless: a wrong password, or a file that cannot be opened."""
    if connection.vendor == "sqlite":
        return True
    if settings.ROW_SECURITY and connection.settings_dict is not settings.OWNER_DATABASE:
        return False  # the release may still have to create the role
    # The error has no code, and its text is in the server's language. Whether a password was used says enough.
    login = getattr(error.__cause__, "pgconn", None)
    return login is not None and bool(login.used_password or login.needs_password)


def address() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(database["NAME"])
    return f"{database.get('HOST') or 'the local socket'}:{database.get('PORT') or 5432}"


def reason(error: OperationalError) -> str:
    """The first line of the error. Hints, and a line for each address that was tried, follow it."""
    return str(error).strip().splitlines()[0].removeprefix("connection failed: ")
