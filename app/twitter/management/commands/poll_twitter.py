"""Brings the feeds of every site up to date, or of one site."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from app.tenancy import lookup
from app.tenancy.current import current_site_or_none
from app.twitter.lock import only_poll
from app.twitter.poll import Run, Work, read_work
from app.twitter.records import keep_record
from app.twitter.summary import CANNOT_WORK, Summary


class Command(BaseCommand):
    help = (
        "Polls X for the feeds of every site. Exit status: 0 done, nothing to do, or already running; "
        "1 some feeds failed; 2 cannot work (credentials, database)."
    )
    # A broken database is this command's to report, in one line and with its own status.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", help="id or domain of the only site to poll for")
        parser.add_argument("--dry-run", action="store_true", help="say what would be asked; ask and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, site: str | None, dry_run: bool, json: bool, **__: Any) -> None:  # Any: Django's
        try:
            site_id = self._site_id(site)
            if dry_run:
                self._tell_plan(read_work(site_id, timezone.now()), as_json=json)
                return
            status = self._finish(self._poll(site_id), as_json=json)
        except LookupError as error:
            self.stderr.write(str(error))
            status = CANNOT_WORK
        except (DatabaseError, InterfaceError) as error:
            # The text of a driver can name a host and a user; its class says enough beside the server's log.
            reason = f"The database cannot be used ({type(error).__name__})."
            status = self._tell_broken(reason, as_json=json)
        if status:
            raise SystemExit(status)
