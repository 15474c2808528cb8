"""Stores the outcome of backups in one row, and makes the metrics from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from app.backups.models import BackupRecord
from app.backups.retention import moment_of

if TYPE_CHECKING:  # every process imports this module, and few need boto3
    from app.backups.manifest import Manifest


def deployment() -> str:
    """The name of this database in the mark of a target."""
    record, _ = BackupRecord.objects.get_or_create(pk=1)
    if not record.deployment:
        record.deployment = uuid4().hex
        record.save(update_fields=["deployment"])
    return record.deployment


def renew_deployment() -> None:
    """Makes a restored database another deployment than the one that it is a copy of."""
    # No other column: the dump may be of a release that does not have them all.
    BackupRecord.objects.filter(pk=1).update(deployment=uuid4().hex)


def save_beginning() -> None:
    BackupRecord.objects.update_or_create(pk=1, defaults={"began_at": timezone.now()})


def save_success(manifest: Manifest, line: str, max_age_hours: int, exit_code: int = 0) -> None:
    """With an exit status other than 0 if the backup is stored, and something else failed."""
    BackupRecord.objects.update_or_create(
        pk=1,
        defaults={
            "finished_at": timezone.now(),
            "succeeded_at": moment_of(manifest.name),
            "exit_code": exit_code,
            "name": manifest.name,
            "size": manifest.size,
            "media_files": manifest.media_files,
            "max_age_hours": max_age_hours,
            "line": line,
            "began_at": None,
        },
    )


def save_failure(exit_code: int, line: str, max_age_hours: int) -> None:
    BackupRecord.objects.update_or_create(
        pk=1,
        defaults={
            "finished_at": timezone.now(),
            "exit_code": exit_code,
            "max_age_hours": max_age_hours,
            "line": line,
            "began_at": None,
        },
    )


def collect_metrics() -> Iterable[Metric]:
    """No values where no backup has ended: zero would mean that it fails."""
    record = BackupRecord.objects.filter(pk=1).first()
    ended = record if record and record.finished_at else None
    succeeded_at = record.succeeded_at if record else None
    values: list[tuple[str, str, float | None]] = [
        ("exit_code", "Exit status of the last backup.", ended.exit_code if ended else None),
        (
            "success_timestamp_seconds",
            "When the last good backup was made.",
            succeeded_at.timestamp() if succeeded_at else None,
        ),
        (
            "size_bytes",
            "Size of the last good backup: the dump and all media files that it needs.",
            record.size if record and succeeded_at else None,
        ),
    ]
    for name, text, value in values:
        yield GaugeMetricFamily(f"colonnade_backup_{name}", text, value=value)
