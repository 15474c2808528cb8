"""The checks: django-health-check's classes, made to say nothing that an outsider could use.

A check is a dataclass whose `run()` returns, or raises `ServiceWarning` (still serving) or another
`HealthCheckException`. Reports show `name` and, for our own messages, the text; what a database, a cache
or an operating system has to say is for nobody outside.
"""

from __future__ import annotations

import dataclasses
import shutil
import threading
from datetime import timedelta

import health_check.checks
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import import_string
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

LIMIT = timedelta(seconds=2)
DISK_WARNING, DISK_FULL = 0.90, 0.98


@dataclasses.dataclass(repr=False)
class Database(health_check.checks.Database):
    """Each question makes a new connection: one that is open would hide a server that takes no more."""

    name = "database"


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
    """No migration that this code knows is unapplied. One more that a newer release applied does no harm."""

    name = "migrations"

    def run(self) -> None:
        if pending_migrations():
            raise ServiceUnavailable("migrations are pending")


@dataclasses.dataclass(repr=False)
class Warm(HealthCheck):
    """URLs and templates are loaded, so that the first visitor does not wait for them."""

    name = "warm"

    def run(self) -> None:
        if not _warm.is_set():
            import_string(settings.HEALTH_WARM_UP)()
            _warm.set()


@dataclasses.dataclass(repr=False)
class Disk(HealthCheck):
    """Room where uploads are stored; S3 has its own."""

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


_known: dict[tuple[str, str], set[tuple[str, str]]] = {}
_warm = threading.Event()
_warming = threading.Lock()


def pending_migrations() -> list[tuple[str, str]]:
    """This code's migrations that the database does not have."""
    needed = known_migrations()
    with connection.temporary_connection():
        applied = set(MigrationRecorder(connection).applied_migrations())
    return [key for key, stands_for in needed.items() if not ({key} <= applied or stands_for <= applied)]


def known_migrations() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """This code's migrations; a squashed one also counts when all that it stands for are applied."""
    with _warming:
        if not _known:
            for key, migration in MigrationLoader(None).graph.nodes.items():
                stands_for = {(key[0], name) for _, name in migration.replaces}
                _known[key] = stands_for or {key}
    return _known
