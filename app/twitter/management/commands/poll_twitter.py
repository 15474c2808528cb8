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
from app.twitter.poll.monitor import monitor_poll
from app.twitter.poll.preview import preview
from app.twitter.poll.record import keep_record
from app.twitter.poll.run import Run, Work, read_work
from app.twitter.poll.summary import CANNOT_WORK, Summary


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
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *_: Any, site: str | None, dry_run: bool, as_json: bool, **__: Any) -> None:  # Any: Django's
        try:
            site_id = self._site_id(site)
            if dry_run:
                self._tell_plan(read_work(site_id, timezone.now()), as_json=as_json)
                return
            status = self._finish(self._poll(site_id), as_json=as_json)
        except LookupError as error:
            self.stderr.write(str(error))
            status = CANNOT_WORK
        except (DatabaseError, InterfaceError) as error:
            # The text of a driver can name a host and a user; its class says enough beside the server's log.
            reason = f"The database cannot be used ({type(error).__name__})."
            status = self._tell_broken(reason, as_json=as_json)
        if status:
            raise SystemExit(status)

    def _site_id(self, wanted: str | None) -> int | None:
        if wanted:
            return lookup.find(wanted).id
        current = current_site_or_none()  # manage.py made `--site=` current
        return current.id if current else None

    def _poll(self, site_id: int | None) -> Summary:
        started = time.monotonic()
        with only_poll() as held:
            if not held:
                return Summary(running=True)
            with monitor_poll() as monitored:
                summary = Run(read_work(site_id, timezone.now())).run()
                summary.seconds = time.monotonic() - started
                keep_record(summary)
                if summary.exit_code:
                    monitored.fail()
        return summary

    def _finish(self, summary: Summary, *, as_json: bool) -> int:
        if as_json:
            self.stdout.write(json.dumps(summary.as_json()))
            return summary.exit_code
        for reason, feeds in summary.reasons.most_common(20):
            self.stdout.write(f"  {feeds} x {reason}")
        self.stdout.write(summary.line)
        return summary.exit_code

    def _tell_broken(self, reason: str, *, as_json: bool) -> int:
        line = f"poll_twitter: {reason}"
        self.stdout.write(json.dumps({"exit_code": CANNOT_WORK, "summary": line}) if as_json else line)
        return CANNOT_WORK

    def _tell_plan(self, work: Work, *, as_json: bool) -> None:
        asked = preview(work)
        line = f"poll_twitter: {len(asked)} questions for {len(work.rows)} feeds; none asked, nothing written."
        if as_json:
            self.stdout.write(json.dumps({"exit_code": 0, "questions": asked, "summary": line}))
            return
        for question in asked:
            self.stdout.write(f"  {question}")
        self.stdout.write(line)
