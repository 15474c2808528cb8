from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from app.release.owner import connected_as_owner
from app.tenancy.management.examples import add_examples


class Command(migrate.Command):
    """Django's own command, as the role that owns the tables."""

    help = "Apply the migrations. With the role of MIGRATE_DATABASE_URL, if that is set."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_examples(parser, "manage.py migrate")

    def check(self, *args: Any, **options: Any) -> None:
        with connected_as_owner():  # the role of the pods may not exist yet
            super().check(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        with connected_as_owner():
            super().handle(*args, **options)
