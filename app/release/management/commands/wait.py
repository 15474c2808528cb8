from __future__ import annotations

import time
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError, connection

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
                missing = missing_of_release()
            except OperationalError:
                continue  # it was lost in between; wait_for_database() waits again, within its limit
            except (DatabaseUnusable, UnboundRole) as error:
                raise CommandError(str(error), returncode=2) from None
            if not missing:
                return
            if time.monotonic() - reminded_at >= REMIND_SECONDS:
                reminded_at = time.monotonic()
                self.say(f"{missing}; waiting for the release.")
            time.sleep(POLL_SECONDS)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def missing_of_release() -> str:
    """What the release has not done yet; empty when nothing is missing."""
    try:
        pending = [*pending_migrations(), *(unprotected_tables(connection) if settings.ROW_SECURITY else ())]
    except ProgrammingError as error:
        # An operator may create the role before the release gives it its rights.
        if not settings.ROW_SECURITY or not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        return "The role of the pods has no rights yet"
    return f"{len(pending)} migrations are not applied yet" if pending else ""
