"""The connection of the role that owns the tables. Everything else in the product connects as the role of the pods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.utils import ConnectionHandler

from app.release.database import DatabaseRefused, address, reason


@contextmanager
def connected_as_owner() -> Iterator[None]:
    """Inside the block the default connection of this thread is the one of MIGRATE_DATABASE_URL, if that is set.

    Row security does not bind it. Raises `CommandError` if row security is on and there is no such URL.
    """
    if settings.OWNER_DATABASE is None:
        if settings.ROW_SECURITY:
            raise CommandError(
                "DATABASE_ROW_SECURITY is on, and the role of DATABASE_URL may not change tables. Set "
                "MIGRATE_DATABASE_URL to the URL of the role that owns them.",
                returncode=2,
            )
        yield
        return
    before = connections[DEFAULT_DB_ALIAS]
    if before.settings_dict is settings.OWNER_DATABASE:
        yield
        return
    owner = ConnectionHandler({DEFAULT_DB_ALIAS: settings.OWNER_DATABASE})[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = owner
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before
        owner.close()


def connect_as_pods() -> None:
    """Connects with DATABASE_URL, if it is not the owner's, so that a fault of the role ends the release, not the pods.

    Raises `DatabaseRefused`, and `UnboundRole` if row security does not bind the role.
    """
    if settings.OWNER_DATABASE is None:
        return
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise DatabaseRefused(address(), reason=f"{reason(error)} (DATABASE_URL)") from None
