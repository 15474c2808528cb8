"""When something scheduled appears, or something published expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Min, Q
from django.utils import timezone

from app.publishing.models import Publishable, publishable_models


def coming_changes() -> Iterator[datetime]:
    """The next moment of each kind and model on the current site; one query for all models."""
    now = timezone.now()
    first, *others = (
        model.objects.filter(status=Publishable.Status.PUBLISHED)
        .order_by()
        .values("site")
        .annotate(
            publish=Min("publish_at", filter=Q(publish_at__gt=now)),
            expire=Min("expire_at", filter=Q(expire_at__gt=now)),
        )
        .values_list("publish", "expire")
        for model in publishable_models()
    )
    for moments in first.union(*others, all=True):
        yield from filter(None, moments)
