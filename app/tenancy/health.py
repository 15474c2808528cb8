"""The checks of this app: is the directory current? Does row security bind this process?"""

from __future__ import annotations

import dataclasses

from django.conf import settings
from django.db import connection
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from app.postgresql.row_security.errors import UnboundRole
from app.tenancy.directory import directory
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.isolation.database.policies import unprotected_tables

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


@dataclasses.dataclass(repr=False)
class RowSecurity(HealthCheck):
    """Every table of site-related rows has its policy, and the policies bind the role of this process."""

    name = "row security"

    def run(self) -> None:
        try:
            with connection.temporary_connection():
                missing = unprotected_tables(connection)
        except UnboundRole as unbound:
            raise ServiceUnavailable("the database role is not bound") from unbound
        if missing:
            raise ServiceUnavailable(f"{len(missing)} tables have none")
