"""What `/healthz` asks of this app: is the directory that requests are answered from current?"""

from __future__ import annotations

import dataclasses

from django.conf import settings
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from app.tenancy.directory import DirectoryUnavailable, directory

GRACE_SECONDS = 30.0


@dataclasses.dataclass(repr=False)
class DirectoryAge(HealthCheck):
    """Sites are served from an old directory too, but changes to them do not arrive."""

    name = "directory"

    def run(self) -> None:
        try:
            directory.snapshot()
        except DirectoryUnavailable as unavailable:
            raise ServiceUnavailable("never loaded") from unavailable
        age = directory.age_seconds or 0.0
        if age > settings.SITES_REFRESH_SECONDS + GRACE_SECONDS:
            raise ServiceUnavailable(f"last found current {age:.0f} s ago")
