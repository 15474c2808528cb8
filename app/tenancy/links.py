"""Many-to-many links between sites are refused, as foreign keys are by `SiteRelated.save()`."""

from __future__ import annotations

from typing import Any

from django.db import models

from app.tenancy.managers import LinkToAnotherSite


def refuse_foreign_members(
    sender: type[models.Model],
    action: str,
    instance: models.Model,
    model: type[models.Model],
    pk_set: Any,
    **_: Any,
) -> None:
    """Receiver of `m2m_changed`: both ends must be rows of the current site."""
    if action != "pre_add" or not pk_set:
        return
    ends: list[tuple[type[models.Model], set[Any]]] = [(model, set(pk_set)), (type(instance), {instance.pk})]
    for end, keys in ends:
        if hasattr(end, "all_sites") and end.objects.filter(pk__in=keys).count() != len(keys):  # type: ignore[attr-defined]
            raise LinkToAnotherSite(sender, model._meta.model_name or "")
