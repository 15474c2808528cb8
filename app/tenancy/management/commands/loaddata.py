from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management.base import CommandParser, OutputWrapper
from django.core.management.commands import loaddata

from app.tenancy.management.examples import add_examples
from app.tenancy.management.row_security import refuse_without_site


class Command(loaddata.Command):
    """Django's own command. With row security it needs a site, and has the rows of that one only."""

    help = "Load a fixture. With row security, rows of one site only."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_examples(parser, "manage.py loaddata pages.json --site=north.example")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_site()
        # Django prints in the transaction: output that cannot be written, to a closed pipe, would take the rows back.
        output, held = self.stdout, StringIO()
        self.stdout = OutputWrapper(held)
        try:
            super().handle(*args, **options)
        finally:
            self.stdout = output
            self.stdout.write(held.getvalue(), ending="")
