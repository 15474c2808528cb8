"""Lists the backups of BACKUP_TARGET."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from app.backups.errors import BackupError
from app.backups.places import place_of
from app.backups.target import Target
from app.tenancy.management.examples import add_examples


class Command(BaseCommand):
    help = "Lists the backups of BACKUP_TARGET, the oldest first. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_examples(parser, "BACKUP_TARGET=/srv/backups manage.py backups")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON list")

    def handle(self, *_: Any, as_json: bool, **__: Any) -> None:  # Any: Django's
        try:
            target = Target(place_of(settings.BACKUP))
            found = [target.manifest(name) for name in target.names()]
        except BackupError as error:
            raise CommandError(f"backups: {error}", returncode=error.status) from None
        if as_json:
            self.stdout.write(json.dumps([asdict(manifest) for manifest in found]))
            return
        for manifest in found:
            self.stdout.write(
                f"{manifest.name}  {manifest.vendor}, version {manifest.version}, {sum(manifest.rows.values())} rows, "
                f"{manifest.media_files} media files, {filesizeformat(manifest.size)}"
            )
        if not found:
            self.stdout.write(f"{target.place.label} has no backups.")
