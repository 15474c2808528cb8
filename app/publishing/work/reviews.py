"""The drafts that wait for a review, and those that were given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_permission_codename
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.urls import reverse

from app.publishing.review.models import Review
from app.publishing.review.requests import by_key
from app.publishing.work.drafts import MOST_NAMED, of_drafts

WAITING, RETURNED = "waiting", "returned"


def oldest_reviews(request: HttpRequest, models: Iterable[Any]) -> dict[str, list[Any]]:
    """Label of a model → its drafts that wait, if the person may publish them, and those that she got back.

    The first `MOST_NAMED` of both, each with the `number` of them all. One query.
    """
    returned = Q(returned_at__isnull=False, asked_by_id=request.user.pk)
    shown = [
        of_drafts(model) & (returned | Q(returned_at=None) if _may_publish(request, model) else returned)
        for model in models
    ]
    groups = ["label", "waits"]
    reviews = (
        Review.objects.filter(reduce(or_, shown))
        .annotate(waits=ExpressionWrapper(Q(returned_at=None), output_field=BooleanField()))
        .annotate(
            number=Window(Count("*"), partition_by=groups),
            place=Window(RowNumber(), partition_by=groups, order_by=["asked_at", "pk"]),
        )
        .filter(place__lte=MOST_NAMED)
    )
    found: dict[str, list[Any]] = {}
    for review in reviews.order_by("asked_at", "pk"):
        found.setdefault(review.label, []).append(review)
    return found


def review_groups(model: Any, reviews: Iterable[Any], drafts: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
    """Of a model: what waits, and what was given back. `drafts` are rows by key."""
    found = [(drafts[key], review) for key, review in by_key(model, reviews).items() if key in drafts]
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for state in (WAITING, RETURNED):
        named = [(row, review) for row, review in found if review.is_waiting == (state == WAITING)]
        if named:
            yield {
                "is_waiting": state == WAITING,
                "count": named[0][1].number,
                "models": model._meta.verbose_name_plural,
                "list": f"{reverse(f'{name}_changelist')}?review={state}",
                "named": [(row, reverse(f"{name}_change", args=[row.pk]), review) for row, review in named],
            }


def _may_publish(request: HttpRequest, model: Any) -> bool:
    return request.user.has_perm(f"{model._meta.app_label}.{get_permission_codename('publish', model._meta)}")
