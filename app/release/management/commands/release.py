from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.locks import wait_for_lock
from app.postgresql.row_security.errors import UnboundRole
from app.release.database import DatabaseUnusable, wait_for_database
from app.release.migrating import migrate
from app.release.owner import connect_as_pods, connected_as_owner
from app.release.superuser import SuperuserRefused, create_superuser
from app.tenancy.management.examples import add_examples

WAITING = "Another release is in progress on this database; waiting for it to end."
REPLACED = "Another release has replaced this one. Nothing was changed."


class Command(BaseCommand):
    help = (
        "Prepares the database for this version: waits for it (DATABASE_WAIT_SECONDS), migrates, writes the sites of "
        "SITES_FILE (SITES_PRUNE archives the others) and creates the superuser of DJANGO_SUPERUSER_*. Several "
        "releases that start at the same time run one after another."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "SITES_FILE=sites.yaml manage.py release")
        parser.add_argument("--only-migrate", action="store_true", help="Write neither sites nor superuser.")
        parser.add_argument(
            "--current",
            nargs=2,
            metavar=("FILE", "RELEASE"),
            help="Change nothing, and exit with 0, if FILE does not contain RELEASE: another one is current.",
        )

    def handle(self, *, only_migrate: bool, current: list[str] | None, **_: Any) -> None:
        try:
            with connected_as_owner():
                self.release(only_migrate=only_migrate, current=current)
            connect_as_pods()
        except (DatabaseUnusable, SuperuserRefused, UnboundRole) as error:
            raise CommandError(str(error), returncode=2) from None

    def release(self, *, only_migrate: bool, current: list[str] | None) -> None:
        wait_for_database(settings.DATABASE_WAIT_SECONDS, self.say)
        with wait_for_lock("release", lambda: self.say(WAITING)):
            if current and not is_current(*current):
                self.say(REPLACED)
                return
            migrate(self.stdout, self.stderr, self.say)
            if not only_migrate:
                self.sites()
                self.superuser()

    def sites(self) -> None:
        if settings.SITES_FILE:
            call_command(
                "sync_sites", settings.SITES_FILE, prune=settings.SITES_PRUNE, stdout=self.stdout, stderr=self.stderr
            )

    def superuser(self) -> None:
        if message := create_superuser():
            self.say(message)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def is_current(file: str, release: str) -> bool:
    """Whether the file names this release. Raises `CommandError` if it cannot be read."""
    try:
        return Path(file).read_text(encoding="utf-8").strip() == release
    except OSError as error:
        raise CommandError(f"--current {file}: {error.strerror}.", returncode=2) from None
