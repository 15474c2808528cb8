"""A save of some fields derives others from the row that is stored, not from an instance that may be old."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def take_stored(row: Any, names: Iterable[str], update_fields: Iterable[str] | None) -> None:
    """Before `save(update_fields=...)`: gives the row the stored values of those fields of `names` that are not saved.

    Without it, what `save()` derives from them would put back what somebody else has changed meanwhile. The caller
    holds the lock of the site. A whole save (`update_fields=None`) writes the instance as it is.
    """
    if update_fields is None or row.pk is None:
        return
    saved = set(update_fields)
    fields = (row._meta.get_field(name) for name in names)
    others = [field.attname for field in fields if saved.isdisjoint({field.name, field.attname})]
    values = type(row).objects.filter(pk=row.pk).values(*others).first() if others else None
    for name, value in (values or {}).items():
        setattr(row, name, value)
