"""The locks under which the poll writes: one site's long transaction must not stop the poll of all sites.

A transaction that changes content of a site holds its profile's row until it ends (`content_changed`). The poll
takes the same rows first. It waits only briefly for them, writes for the sites that it gets, and leaves out the others
until the next run. On SQLite a transaction locks all sites; the poll waits as briefly there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

from app.tenancy.models import SiteProfile

Result = TypeVar("Result")

WAIT_SECONDS = 2.0
MAX_WAIT_SECONDS = 20.0  # of a whole run, so that many locked sites do not add up
_RETRY_SECONDS = 0.1
_CHUNK = 500
_TIMED_OUT = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class SiteLocks:
    """The locks of one run."""

    def __init__(self) -> None:
        self._most = int(WAIT_SECONDS * 1000)
        self._patience = MAX_WAIT_SECONDS
        self._busy: set[int] = set()

    @contextmanager
    def run(self) -> Iterator[None]:
        """In the block, no transaction of `write` and `try_write` waits long for a lock."""
        before = _lock_timeout()
        self._most = min(before, self._most) if before else self._most
        self._limit_waits()
        try:
            yield
        finally:
            _set_lock_timeout(before)

    def write(self, sites: Collection[int], action: Callable[[set[int]], Result]) -> Result | None:
        """Runs `action` in a transaction, with those of the sites that it may write to; its result.

        None if it meets a lock all the same: then the transaction is rolled back.
        """
        return self.try_write(lambda: action(self._lock(set(sites))))

    def try_write(self, action: Callable[[], Result]) -> Result | None:
        """As `write`, for rows that belong to no site."""
        try:
            with transaction.atomic():
                self._limit_waits()
                return action()
        except OperationalError as error:
            if not _timed_out(error):
                raise
            self._patience -= WAIT_SECONDS
            self._limit_waits()
            return None

    def _lock(self, sites: set[int]) -> set[int]:
        """Holds no lock while it waits for another, so it is never part of a deadlock."""
        until = time.monotonic() + min(WAIT_SECONDS, self._patience)
        while True:
            savepoint = transaction.savepoint()
            locked = _lock_profiles(sites)
            missing = sites - locked - self._busy
            if not missing or time.monotonic() > until:
                break
            transaction.savepoint_rollback(savepoint)
            time.sleep(_RETRY_SECONDS)
            self._patience -= _RETRY_SECONDS
        self._busy |= missing
        return locked

    def _limit_waits(self) -> None:
        _set_lock_timeout(max(min(self._most, int(self._patience * 1000)), 1))  # 0 is no limit for PostgreSQL


def _lock_profiles(sites: set[int]) -> set[int]:
    """The sites whose profiles are locked now; those that another transaction holds are left out."""
    ordered = sorted(sites)
    chunks = (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
    free = SiteProfile.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    return {site for some in chunks for site in free.filter(site__in=some).values_list("site_id", flat=True)}


def _lock_timeout() -> int:
    """In milliseconds."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
        else:
            cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
        return int(cursor.fetchone()[0])


def _set_lock_timeout(milliseconds: int) -> None:
    """On PostgreSQL for the present transaction: a pooler may give the next one another server connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"PRAGMA busy_timeout = {milliseconds}"
            if connection.vendor == "sqlite"
            else f"SELECT set_config('lock_timeout', '{milliseconds}', true)"
        )


def _timed_out(error: OperationalError) -> bool:
    cause = error.__cause__
    if isinstance(cause, sqlite3.OperationalError):
        # SQLite's extended codes hold the plain one in their last byte.
        return cause.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return isinstance(cause, _TIMED_OUT)
