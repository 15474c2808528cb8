"""Many-to-many links between sites are refused, as foreign keys are by `SiteRelated.save()`."""

from __future__ import annotations

from typing import Any

from django.db import models

from app.tenancy.isolation.managers import LinkToAnotherSite


def refuse_foreign_members(
    sender: type[models.Model],
    action: str,
    instance: models.Model,
    model: type[models.Model],
    pk_set: Any,
    **_: Any,
) -> None:
    """Receiver of `m2m_changed`: both ends must be rows of the current site."""
    if not action.startswith("pre_"):
        return
    # Links that are taken away lead to the current site's rows already, if they hang on one.
    added = set(pk_set or ()) if action == "pre_add" else set()
    ends: list[tuple[type[models.Model], set[Any]]] = [(model, added), (type(instance), {instance.pk})]
    for end, keys in ends:
        if hasattr(end, "all_sites") and end.objects.filter(pk__in=keys).count() != len(keys):  # type: ignore[attr-defined]
            raise LinkToAnotherSite(sender, model._meta.model_name or "")
