"""Rows, and what names them by label and key, joined in SQL: no limit, and no list of keys in a query."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.db.models.functions import Cast, Concat, Substr

from app.publishing.versions.keeping import root_of

#: In a database without UUIDs, Django stores the 32 digits; keys have hyphens between these parts (start, length).
_UUID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def keys_of(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """The keys of the rows as `RowReference` has them, for `key__in`."""
    return rows.order_by().values(key_as_text=_key_as_text(rows.model))


def named_by(rows: models.QuerySet[Any], references: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of the rows that a `RowReference` names."""
    keys = references.filter(label=root_of(rows.model)._meta.label_lower).order_by().values("key")
    named: models.QuerySet[Any] = rows.alias(key_as_text=_key_as_text(rows.model)).filter(key_as_text__in=keys)
    return named


def _key_as_text(model: Any) -> Any:
    key = root_of(model)._meta.pk
    while key.remote_field:
        key = key.target_field
    if isinstance(key, models.UUIDField) and not connection.features.has_native_uuid_field:
        text, hyphen = models.TextField(), models.Value("-", models.TextField())
        first, *others = (Substr("pk", *part, output_field=text) for part in _UUID_PARTS)
        return Concat(first, *(piece for part in others for piece in (hyphen, part)))
    return Cast("pk", models.TextField())
