from __future__ import annotations

from typing import Any

from django.core.management.commands import loaddata

from app.tenancy.management.row_security import refuse_without_site


class Command(loaddata.Command):
    """Django's own command. With row security it needs a site, and has the rows of that one only."""

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_site()
        super().handle(*args, **options)
