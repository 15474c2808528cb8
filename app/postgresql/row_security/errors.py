from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured


class UnboundRole(ImproperlyConfigured):
    """Row security does not bind the role of DATABASE_URL. The message names it, and says what to do."""

    def __init__(self, role: str, reason: str) -> None:
        super().__init__(
            f"DATABASE_ROW_SECURITY is on, but row security does not bind the database role {role!r} of DATABASE_URL: "
            f"{reason}. Give DATABASE_URL a role of its own (`manage.py release` creates it), and MIGRATE_DATABASE_URL "
            "the role that owns the tables."
        )
