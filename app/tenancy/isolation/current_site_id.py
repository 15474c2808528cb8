from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.sql.compiler import SQLCompiler

from app.tenancy.current import current_site


class CurrentSiteId(models.Expression):
    """The current site's id, read when the SQL is compiled. Raises `NoCurrentSite` then."""

    output_field: models.Field[Any, Any] = models.BigIntegerField()

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[int]]:  # noqa: ARG002  # Django's signature
        return "%s", (current_site().id,)
