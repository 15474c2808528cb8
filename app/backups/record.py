"""Stores the outcome of backups in one row, and makes the metrics from it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from app.backups.manifest import Manifest
from app.backups.models import BackupRecord
from app.backups.retention import moment_of


def save_success(manifest: Manifest, line: str, max_age_hours: int) -> None:
    BackupRecord.objects.update_or_create(
        pk=1,
        defaults={
            "finished_at": timezone.now(),
            "succeeded_at": moment_of(manifest.name),
            "exit_code": 0,
            "name": manifest.name,
            "size": manifest.size,
            "media_files": manifest.media_files,
            "max_age_hours": max_age_hours,
            "line": line,
        },
    )


def save_failure(exit_code: int, line: str, max_age_hours: int) -> None:
    outcome = {"finished_at": timezone.now(), "exit_code": exit_code, "line": line, "max_age_hours": max_age_hours}
    BackupRecord.objects.update_or_create(pk=1, defaults=outcome)


def collect_metrics() -> Iterable[Metric]:
    """No values where no backup was ever tried: zero would mean that it fails."""
    record = BackupRecord.objects.filter(pk=1).first()
    succeeded_at = record.succeeded_at if record else None
    values: list[tuple[str, str, float | None]] = [
        ("exit_code", "Exit status of the last backup.", record.exit_code if record else None),
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
