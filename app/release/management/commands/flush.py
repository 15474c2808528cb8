from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import flush

from app.release.owner import connected_as_owner
from app.tenancy.management.examples import add_examples


class Command(flush.Command):
    """Django's own command, as the role that owns the tables: only that one may empty them."""

    help = "Delete all rows of every site. With the role of MIGRATE_DATABASE_URL, if that is set."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_examples(parser, "manage.py flush --noinput")

    def handle(self, *args: Any, **options: Any) -> None:
        with connected_as_owner():
            super().handle(*args, **options)
