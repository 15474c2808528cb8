from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from app.health.checks import pending_migrations
from app.postgresql.row_security.errors import UnboundRole
from app.release.database import DatabaseUnusable, wait_for_database
from app.tenancy.isolation.database.policies import unprotected_tables
from app.tenancy.management.examples import add_examples

POLL_SECONDS = 1.0
REMIND_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Waits until the database responds and has every migration of this code. With row security it waits for that "
        "too. For the database it waits at most DATABASE_WAIT_SECONDS, for the rest without a limit."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "DATABASE_WAIT_SECONDS=300 manage.py wait")

    def handle(self, **_: Any) -> None:
        reminded_at = -REMIND_SECONDS
        while True:
            try:
                wait_for_database(settings.DATABASE_WAIT_SECONDS, self.say)
                pending = [*pending_migrations(), *(unprotected_tables(connection) if settings.ROW_SECURITY else ())]
            except OperationalError:
                continue  # it was lost in between; wait_for_database() waits again, within its limit
            except (DatabaseUnusable, UnboundRole) as error:
                raise CommandError(str(error), returncode=2) from None
            if not pending:
                return
            if time.monotonic() - reminded_at >= REMIND_SECONDS:
                reminded_at = time.monotonic()
                self.say(f"{len(pending)} migrations are not applied yet; waiting for the release that applies them.")
            time.sleep(POLL_SECONDS)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
