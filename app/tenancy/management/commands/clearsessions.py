"""The daily clean-up: Django's own, and the audit list."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.sessions.management.commands import clearsessions
from django.core.management.base import CommandParser

from app.tenancy.audit.retention import prune
from app.tenancy.management.examples import add_examples
from app.tenancy.sites.domains import quarantine


class Command(clearsessions.Command):
    help = (
        "Deletes expired sessions, old activity and ended quarantines. What is old is set by AUDIT_DAYS and "
        "DOMAIN_QUARANTINE_DAYS. Run it once a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "manage.py clearsessions")

    def handle(self, **options: Any) -> None:
        super().handle(**options)
        deleted = prune(settings.AUDIT_DAYS)
        if deleted and options["verbosity"]:
            self.stdout.write(f"Activity: {deleted} entries older than {settings.AUDIT_DAYS} days deleted.")
        ended = quarantine.prune()
        if ended and options["verbosity"]:
            self.stdout.write(f"Quarantine: {ended} hosts deleted.")
