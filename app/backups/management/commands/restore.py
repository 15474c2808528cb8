"""Restores a backup into an empty database."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from app.backups import restore
from app.backups.errors import BackupError
from app.backups.management.database import usable_database
from app.backups.places import place_of
from app.backups.target import LATEST, Target
from app.locks import try_lock
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples


class Command(BaseCommand):
    help = (
        "Restores a backup of BACKUP_TARGET. The database must have no tables. Exit status: 0 done; 1 failed; "
        "2 refused, nothing was changed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_examples(parser, "BACKUP_TARGET=/srv/backups manage.py restore", "manage.py restore 20261126T020000Z")
        parser.add_argument("name", nargs="?", default=LATEST, help="the backup; default: the latest")
        step = parser.add_mutually_exclusive_group()
        step.add_argument("--prepare", type=Path, metavar="FOLDER", help="only the steps before load.sh")
        step.add_argument("--finish", type=Path, metavar="FOLDER", help="only the steps after load.sh")

    def handle(self, *_: Any, name: str, prepare: Path | None, finish: Path | None, **__: Any) -> None:  # Any: Django's
        with usable_database(self.stdout.write), try_lock("restore") as held:
            if not held:
                raise usage_error("restore: another restore is running; nothing was changed.")
            try:
                target = Target(place_of(settings.BACKUP))
                restored = self._restored(target, name, prepare, finish)
            except BackupError as error:
                raise CommandError(f"restore: {error}", returncode=error.status) from None
            except (DatabaseError, InterfaceError) as error:
                line = f"the database failed ({type(error).__name__}). Check that it responds, and use an empty one."
                raise CommandError(f"restore: {line}", returncode=1) from None
        if restored:
            self.stdout.write(restored.line)

    def _restored(
        self, target: Target, name: str, prepare: Path | None, finish: Path | None
    ) -> restore.Restored | None:
        if prepare:
            restore.prepare(target, prepare, name)
            return None
        if finish:
            return restore.finish(target, finish)
        with tempfile.TemporaryDirectory(prefix="restore-") as folder:
            return restore.restore(target, Path(folder), name)
