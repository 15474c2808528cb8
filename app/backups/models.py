"""What the last backup did, for the metrics and the health report."""

from __future__ import annotations

from django.db import models


class BackupRecord(models.Model):
    """One row."""

    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    exit_code = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=20, blank=True)  # of the last good backup; so are the next two
    size = models.PositiveBigIntegerField(default=0)  # bytes
    media_files = models.PositiveIntegerField(default=0)
    max_age_hours = models.PositiveIntegerField(default=0)
    line = models.TextField(blank=True)
    began_at = models.DateTimeField(null=True)  # of a backup that has not finished
    # Of this database's backups in a target. SECURITY: a restored database has another one, so that it cannot remove
    # the backups of the database that it is a copy of.
    deployment = models.CharField(max_length=32, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.line
