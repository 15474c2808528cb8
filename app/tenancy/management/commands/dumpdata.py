from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import dumpdata

from app.tenancy.management.examples import add_examples
from app.tenancy.management.row_security import refuse_without_site


class Command(dumpdata.Command):
    """Django's own command. With row security it needs a site, and has the rows of that one only."""

    help = "Write the rows of a site as a fixture. With --all and without row security: those of every site."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_examples(parser, "manage.py dumpdata pages --site=north.example --output pages.json")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_site()
        super().handle(*args, **options)
