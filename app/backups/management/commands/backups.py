"""Lists the backups of BACKUP_TARGET."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from app.backups.errors import BackupError, DamagedBackup
from app.backups.manifest import Manifest
from app.backups.places import MissingFile, place_of
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
            found = {name: self._manifest(target, name) for name in target.names()}
        except BackupError as error:
            raise CommandError(f"backups: {error}", returncode=error.status) from None
        if as_json:
            listed = [
                {"name": name, "damaged": one} if isinstance(one, str) else asdict(one) for name, one in found.items()
            ]
            self.stdout.write(json.dumps(listed))
            return
        for name, one in found.items():
            self.stdout.write(f"{name}  {one if isinstance(one, str) else self._line(one)}")
        if not found:
            self.stdout.write(f"{target.place.label} has no backups.")

    def _manifest(self, target: Target, name: str) -> Manifest | str:
        """What the backup says of itself; or what is wrong with it."""
        try:
            return target.manifest(name)
        except (DamagedBackup, MissingFile) as error:
            return str(error)

    def _line(self, manifest: Manifest) -> str:
        return (
            f"{manifest.vendor}, version {manifest.version}, {sum(manifest.rows.values())} rows, "
            f"{manifest.media_files} media files, {filesizeformat(manifest.size)}"
        )
