"""The check of this app in `/healthz`: is the directory current?"""

from __future__ import annotations

import dataclasses

from django.conf import settings
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from app.tenancy.directory import DirectoryUnavailable, directory

GRACE_SECONDS = 30.0


@dataclasses.dataclass(repr=False)
class DirectoryAge(HealthCheck):
    """With an old directory sites are still served, but without recent changes."""

    name = "directory"

    def run(self) -> None:
        try:
            directory.snapshot()
        except DirectoryUnavailable as unavailable:
            raise ServiceUnavailable("never loaded") from unavailable
        age = directory.age_seconds or 0.0
        if age > settings.SITES_REFRESH_SECONDS + GRACE_SECONDS:
            raise ServiceUnavailable(f"last known to be current {age:.0f} s ago")
