"""The checks: django-health-check's classes, with messages that reveal nothing to outsiders.

A check is a dataclass whose `run()` returns, or raises `ServiceWarning` (still serving) or another
`HealthCheckException`. Reports show `name` and the message of our own checks; messages of a database, a cache
or an operating system stay inside.
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
import threading
from datetime import timedelta

import health_check.checks
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

LIMIT = timedelta(seconds=2)
DISK_WARNING, DISK_FULL = 0.90, 0.98


@dataclasses.dataclass(repr=False)
class Database(HealthCheck):
    """The database accepts queries and changes; a replica, after a failover, accepts no changes.

    Each run opens a new connection: an open one would hide a server that accepts no more.
    """

    name = "database"

    def run(self) -> None:
        with connection.temporary_connection() as cursor:
            cursor.execute("SHOW transaction_read_only" if connection.vendor == "postgresql" else "SELECT 1")
            if cursor.fetchone() == ("on",):
                raise ServiceUnavailable("read-only")


@dataclasses.dataclass(repr=False)
class Cache(health_check.checks.Cache):
    name = "cache"


@dataclasses.dataclass(repr=False)
class Storage(health_check.checks.Storage):
    name = "storage"


@dataclasses.dataclass(repr=False)
class Mail(health_check.checks.Mail):
    name = "mail"
    timeout: timedelta = LIMIT


@dataclasses.dataclass(repr=False)
class Migrations(HealthCheck):
    """Every migration of this code is applied. One that a newer release applied does no harm."""

    name = "migrations"

    def run(self) -> None:
        if pending_migrations():
            raise ServiceUnavailable("migrations are pending")


@dataclasses.dataclass(repr=False)
class Warm(HealthCheck):
    """URLs and templates are loaded, so that the first visitor does not wait for them."""

    name = "warm"

    def run(self) -> None:
        if not warmed_up.is_set():
            raise ServiceUnavailable("warming up")


@dataclasses.dataclass(repr=False)
class Disk(HealthCheck):
    """Free space where uploads are stored. Not checked for S3."""

    name = "disk"

    def run(self) -> None:
        storage = storages["default"]
        if not isinstance(storage, FileSystemStorage):
            return
        folder = settings.MEDIA_ROOT
        while not folder.exists():
            folder = folder.parent
        usage = shutil.disk_usage(folder)
        used = 1 - usage.free / usage.total
        if used >= DISK_FULL:
            raise ServiceUnavailable(f"{used:.0%} of the disk is used")
        if used >= DISK_WARNING:
            raise ServiceWarning(f"{used:.0%} of the disk is used")


warmed_up = threading.Event()  # set by the server's warm-up


def pending_migrations() -> list[tuple[str, str]]:
    """This code's migrations that the database does not have."""
    needed = known_migrations()
    with connection.temporary_connection():
        applied = set(MigrationRecorder(connection).applied_migrations())
    return [key for key, replaced in needed.items() if not ({key} <= applied or replaced <= applied)]


@functools.cache
def known_migrations() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """This code's migrations; a squashed one also counts when all that it replaces are applied."""
    nodes = MigrationLoader(None).graph.nodes.items()
    return {key: {(key[0], name) for _, name in migration.replaces} or {key} for key, migration in nodes}
