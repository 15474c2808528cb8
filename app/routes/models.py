"""What `manage.py reconcile_routes` found out, for the admin, for `sites check` and for the metrics."""

from __future__ import annotations

from django.db import models


class RouteStatus(models.Model):
    """The route of one site. None: not known yet, or there is no such thing."""

    # No foreign key: a site is deleted without a look at this table, and the next pass deletes the row.
    site_id = models.BigIntegerField(primary_key=True)
    accepted = models.BooleanField(null=True)
    resolved = models.BooleanField(null=True)
    certificate_ready = models.BooleanField(null=True)
    certificate_until = models.DateTimeField(null=True)
    message = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"route of site {self.site_id}"


class RoutePass(models.Model):
    """The last complete pass, in one row."""

    finished_at = models.DateTimeField()
    wanted = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    refused_removals = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"pass that ended at {self.finished_at}"
