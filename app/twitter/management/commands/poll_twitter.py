"""Polls the feeds of every site, or of one."""

from __future__ import annotations

import json
import logging
import time
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from app.locks import try_lock
from app.tenancy.current import current_site_or_none
from app.tenancy.directory import NoSuchSite, find_site
from app.tenancy.management.examples import add_examples
from app.twitter.poll.monitor import monitor_poll
from app.twitter.poll.record import save_record
from app.twitter.poll.run import Run, Work, read_work
from app.twitter.poll.site_locks import SiteLocks
from app.twitter.poll.summary import CANNOT_WORK, Summary

log = logging.getLogger(__name__)
MAX_LINES = 20


class Command(BaseCommand):
    help = (
        "Polls the feeds of every site from X. Exit status: 0 done, nothing to do, or already running; "
        "1 some feeds failed; 2 cannot work (credentials, database)."
    )
    # This command reports a broken database itself, in one line and with its own exit status.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_examples(parser, "manage.py poll_twitter --dry-run", "manage.py poll_twitter --site=school.example")
        parser.add_argument("--site", help="id or domain of the only site to poll for")
        parser.add_argument("--dry-run", action="store_true", help="print the requests; send and write nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *_: Any, site: str | None, dry_run: bool, as_json: bool, **__: Any) -> None:  # Any: Django's
        try:
            site_id = self._site_id(site)
            if dry_run:
                self._print_plan(read_work(site_id, timezone.now()), as_json=as_json)
                return
            status = self._print_summary(self._poll(site_id), as_json=as_json)
        except NoSuchSite as error:
            self.stderr.write(str(error))
            status = CANNOT_WORK
        except (DatabaseError, InterfaceError) as error:
            # The driver's text can name a host and a user; the details are in the server's log.
            status = self._print_error(f"The database cannot be used ({type(error).__name__}).", as_json=as_json)
        if status:
            raise SystemExit(status)

    def _site_id(self, wanted: str | None) -> int | None:
        if wanted:
            return find_site(wanted).id
        current = current_site_or_none()  # manage.py has made `--site=` current
        return current.id if current else None

    def _poll(self, site_id: int | None) -> Summary:
        started = time.monotonic()

        def poll() -> Summary:
            summary = Run(read_work(site_id, timezone.now())).run()
            summary.seconds = time.monotonic() - started
            SiteLocks().try_write(partial(save_record, summary))
            return summary

        with try_lock("poll") as held:
            return monitor_poll(poll) if held else Summary(running=True)

    def _print_summary(self, summary: Summary, *, as_json: bool) -> int:
        if as_json:
            self.stdout.write(json.dumps(summary.as_json()))
            return summary.exit_code
        self._print_faults(list(summary.faults()))
        for fault in summary.faults():
            # Not with --json: the log goes to standard output too, where that is the only object.
            log.warning("poll_twitter: %s", fault)
        self.stdout.write(summary.line)
        return summary.exit_code

    def _print_error(self, message: str, *, as_json: bool) -> int:
        line = f"poll_twitter: {message}"
        self.stdout.write(json.dumps({"exit_code": CANNOT_WORK, "summary": line}) if as_json else line)
        return CANNOT_WORK

    def _print_plan(self, work: Work, *, as_json: bool) -> None:
        requests, summary = work.preview(), Summary()
        for feeds, error in work.faults():
            summary.add_failure(feeds, error)
        line = f"poll_twitter: {len(requests)} requests for {len(work.feeds)} feeds; nothing sent, nothing written."
        if summary.failed:
            line += f" {summary.failed} would fail: {next(iter(summary.messages))}"
        if as_json:
            plan = {"requests": requests, "failed_feeds": summary.failed_feeds, "summary": line}
            self.stdout.write(json.dumps({"exit_code": 0, **plan}))
            return
        for request in requests:
            self.stdout.write(f"  {request}")
        self._print_faults(list(summary.faults()))
        self.stdout.write(line)

    def _print_faults(self, faults: list[str]) -> None:
        for fault in faults[:MAX_LINES]:
            self.stdout.write(f"  {fault}")
        if len(faults) > MAX_LINES:
            self.stdout.write(f"  and {len(faults) - MAX_LINES} more; --json lists every feed.")
