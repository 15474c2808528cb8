from __future__ import annotations

from django.conf import settings

from app.tenancy.current import current_site_or_none
from app.tenancy.management.errors import usage_error


def refuse_without_site() -> None:
    """Raises `CommandError` where row security would hide every row without a word."""
    if settings.ROW_SECURITY and current_site_or_none() is None:
        raise usage_error(
            "DATABASE_ROW_SECURITY is on: without a site this command reads and writes no rows of any site. Name one "
            "with --site=DOMAIN. A copy of the whole database is made by pg_dump, with MIGRATE_DATABASE_URL."
        )
