from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from app.release.database import DatabaseUnusable, wait_for_database
from app.release.lock import only_release
from app.release.superuser import SuperuserRefused, make_superuser


class Command(BaseCommand):
    help = (
        "What a new version needs before it serves: waits for the database (DATABASE_WAIT_SECONDS), migrates, makes "
        "the sites of SITES_FILE (SITES_PRUNE archives the others) and the superuser of DJANGO_SUPERUSER_*. Any "
        "number may be started at once: they take turns."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only-migrate", action="store_true", help="Neither sites nor superuser.")

    def handle(self, *, only_migrate: bool, **_: Any) -> None:
        try:
            wait_for_database(settings.DATABASE_WAIT_SECONDS, self.say)
            with only_release(self.say):
                self.migrate()
                if not only_migrate:
                    self.sites()
                    self.superuser()
        except (DatabaseUnusable, SuperuserRefused) as error:
            raise CommandError(str(error), returncode=2) from None

    def migrate(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # A page may not take half a minute; building an index may.
                cursor.execute("SET statement_timeout = 0")
        call_command("migrate", interactive=False, stdout=self.stdout, stderr=self.stderr)

    def sites(self) -> None:
        if settings.SITES_FILE:
            call_command(
                "sync_sites", settings.SITES_FILE, prune=settings.SITES_PRUNE, stdout=self.stdout, stderr=self.stderr
            )

    def superuser(self) -> None:
        done = make_superuser()
        if done:
            self.say(done)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
