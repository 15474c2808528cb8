"""Stores a backup of the database and of media."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from app.backups import make
from app.backups.errors import BackupError
from app.backups.management.database import usable_database
from app.backups.places import place_of
from app.backups.record import save_failure, save_success
from app.backups.retention import Keep
from app.backups.state import reconnect_if_lost
from app.backups.target import Target
from app.locks import try_lock
from app.tenancy.management.examples import add_examples
from app.tenancy.management.values import count

RUNNING = "backup: another backup is running; nothing was done."


class Command(BaseCommand):
    help = (
        "Stores a backup of the database and of media in BACKUP_TARGET. Removes old ones when it has succeeded. "
        "Exit status: 0 done, or another one is running; 1 failed; 2 cannot work (target, programs, database)."
    )
    # A database that is away is reported by this command, in one line.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_examples(parser, "BACKUP_TARGET=/srv/backups manage.py backup --daily=14")
        keep = parser.add_argument_group("backups that are kept: the newest of each of the last")
        keep.add_argument("--daily", type=count, default=7, metavar="DAYS", help="default: 7")
        keep.add_argument("--weekly", type=count, default=4, metavar="WEEKS", help="default: 4")
        keep.add_argument("--monthly", type=count, default=6, metavar="MONTHS", help="default: 6")
        parser.add_argument(
            "--max-age-hours",
            type=count,
            default=50,
            help="the report warns when the last backup is older; default: 50",
        )
        parser.add_argument(
            "--adopt", action="store_true", help="take over a target of another deployment, which this one replaces"
        )
        step = parser.add_mutually_exclusive_group()
        step.add_argument("--prepare", type=Path, metavar="FOLDER", help="only the steps before dump.sh")
        step.add_argument("--finish", type=Path, metavar="FOLDER", help="only the steps after dump.sh")

    def handle(
        self, *_: Any, prepare: Path | None, finish: Path | None, max_age_hours: int, **options: Any
    ) -> None:  # Any: Django's
        keep = Keep(options["daily"], options["weekly"], options["monthly"])
        with usable_database(self.say), try_lock("backup") as held:
            if not held and (prepare or finish):
                raise CommandError(RUNNING, returncode=1)  # the next step must not run
            if not held:
                self.say(RUNNING)
                return
            try:
                made = self._made(prepare, finish, keep, adopt=options["adopt"])
                if made:
                    reconnect_if_lost()
                    save_success(made.manifest, made.line, max_age_hours, exit_code=int(bool(made.faults)))
            except BackupError as error:
                self._save_failure(error.status, str(error), max_age_hours)
                raise CommandError(f"backup: {error}", returncode=error.status) from None
            except (DatabaseError, InterfaceError) as error:
                line = f"The database failed ({type(error).__name__}). Check that it responds, and run it again."
                self._save_failure(1, line, max_age_hours)
                raise CommandError(f"backup: {line}", returncode=1) from None
            if made and made.faults:
                raise CommandError(made.line, returncode=1)
            if made:
                self.say(made.line)

    def _made(self, prepare: Path | None, finish: Path | None, keep: Keep, *, adopt: bool) -> make.Made | None:
        target = Target(place_of(settings.BACKUP))
        if prepare:
            make.prepare(target, prepare, adopt=adopt)
            return None
        if finish:
            return make.finish(target, finish, keep)
        with tempfile.TemporaryDirectory(prefix="backup-") as folder:
            return make.make(target, Path(folder), keep, adopt=adopt)

    def _save_failure(self, status: int, line: str, max_age_hours: int) -> None:
        try:
            reconnect_if_lost()
            save_failure(status, line, max_age_hours)
        except (DatabaseError, InterfaceError) as fault:
            self.stderr.write(
                f"The failure is not in the report: the database cannot be used ({type(fault).__name__})."
            )

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
