"""The age of the last poll, for the full health report. The poll itself runs in its own process."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from django.utils import timezone
from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from app.twitter.models import Feed, PollRecord


@dataclasses.dataclass(repr=False)
class PollAge(HealthCheck):
    """Warns when active feeds are not polled. Only a warning: pages are served with the stored tweets."""

    name = "poll"
    allowed: timedelta = timedelta(hours=2)

    def run(self) -> None:
        # all_sites: one poll runs for all sites.
        if not Feed.all_sites.filter(active=True).exists():
            return
        record = PollRecord.objects.filter(pk=1).first()
        if record is None or record.finished_at is None:
            raise ServiceWarning("there are feeds, but no poll has run yet")
        age = timezone.now() - record.finished_at
        if age > self.allowed:
            raise ServiceWarning(f"the last poll ended {int(age.total_seconds() // 60)} minutes ago")
        if record.exit_code:
            raise ServiceWarning(f"the last poll failed, partly or completely: {record.line}")
