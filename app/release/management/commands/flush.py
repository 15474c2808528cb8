from __future__ import annotations

from typing import Any

from django.core.management.commands import flush

from app.release.owner import connected_as_owner


class Command(flush.Command):
    """Django's own command, as the role that owns the tables: only that one may empty them."""

    def handle(self, *args: Any, **options: Any) -> None:
        with connected_as_owner():
            super().handle(*args, **options)
