"""Is polling alive? For the full health report; the poll itself runs elsewhere."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from django.utils import timezone
from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from app.twitter.models import Feed, PollRecord


@dataclasses.dataclass(repr=False)
class PollAge(HealthCheck):
    """Feeds that are shown are polled. Old posts are a warning: pages are served with them."""

    name = "poll"
    allowed: timedelta = timedelta(hours=2)

    def run(self) -> None:
        # all_sites: one poll serves them all.
        if not Feed.all_sites.filter(active=True).exists():
            return
        record = PollRecord.objects.filter(pk=1).first()
        if record is None or record.finished_at is None:
            raise ServiceWarning("there are feeds, but no poll ever ran")
        age = timezone.now() - record.finished_at
        if age > self.allowed:
            raise ServiceWarning(f"the last poll ended {int(age.total_seconds() // 60)} minutes ago")
        if record.exit_code:
            raise ServiceWarning("the last poll failed in part or wholly; its log says why")
