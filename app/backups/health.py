"""The age of the last good backup, for the full health report. Backups are made by a process of their own."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from django.utils import timezone
from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from app.backups.models import BackupRecord


@dataclasses.dataclass(repr=False)
class BackupAge(HealthCheck):
    """Warns when backups were made, and no longer are. Says nothing where `manage.py backup` has never run."""

    name = "backup"

    def run(self) -> None:
        record = BackupRecord.objects.filter(pk=1).first()
        if record is None:
            return
        unfinished = record.began_at and f"a backup began at {record.began_at:%Y-%m-%d %H:%M} UTC and has not finished"
        if record.succeeded_at is None:
            raise ServiceWarning(f"no backup has succeeded yet: {unfinished or record.line}")
        age = timezone.now() - record.succeeded_at
        if age > timedelta(hours=record.max_age_hours):
            raise ServiceWarning(f"the last good backup is {int(age.total_seconds() // 3600)} hours old")
        if unfinished:
            raise ServiceWarning(unfinished)
        if record.exit_code:
            raise ServiceWarning(f"the last backup failed: {record.line}")
