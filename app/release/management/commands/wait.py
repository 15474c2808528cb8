from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from app.health.checks import pending_migrations
from app.release.database import DatabaseUnusable, wait_for_database

LOOK_SECONDS = 1.0
REMIND_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Ends when the database answers and has every migration that this code knows. The database gets "
        "DATABASE_WAIT_SECONDS; a release gets as long as it takes."
    )
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        told_at = -REMIND_SECONDS
        while True:
            try:
                wait_for_database(settings.DATABASE_WAIT_SECONDS, self.say)
                pending = pending_migrations()
            except OperationalError:
                continue  # it went away between the two; the first line waits for it, and knows for how long
            except DatabaseUnusable as error:
                raise CommandError(str(error), returncode=2) from None
            if not pending:
                return
            if time.monotonic() - told_at >= REMIND_SECONDS:
                told_at = time.monotonic()
                self.say(f"{len(pending)} migrations are not applied yet; waiting for the release that does it.")
            time.sleep(LOOK_SECONDS)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
