"""The drafts that wait for a review, and those that were given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from django.urls import reverse

from app.publishing.review.models import Review
from app.publishing.review.requests import by_key

#: Of each model, so many drafts are named.
MOST_NAMED = 5
#: The reviews that have waited longest.
MOST_READ = 500


def oldest_reviews() -> dict[str, list[Review]]:
    """By the label of the model."""
    found: dict[str, list[Review]] = {}
    for review in Review.objects.order_by("asked_at")[:MOST_READ]:
        found.setdefault(review.label, []).append(review)
    return found


def review_groups(
    request: HttpRequest, model: Any, reviews: list[Review], drafts: Mapping[Any, Any]
) -> Iterator[dict[str, Any]]:
    """Of a model: what waits, for a person who may publish it, and what she got back. `drafts` are rows by key."""
    if request.user.has_perm(f"{model._meta.app_label}.{get_permission_codename('publish', model._meta)}"):
        yield from _group(model, [review for review in reviews if review.is_waiting], drafts, is_waiting=True)
    returned = [review for review in reviews if not review.is_waiting and review.asked_by_id == request.user.pk]
    yield from _group(model, returned, drafts, is_waiting=False)


def _group(
    model: Any, reviews: list[Review], drafts: Mapping[Any, Any], *, is_waiting: bool
) -> Iterator[dict[str, Any]]:
    found = [(drafts[key], review) for key, review in by_key(model, reviews).items() if key in drafts]
    if found:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        state = "waiting" if is_waiting else "returned"
        yield {
            "is_waiting": is_waiting,
            "count": len(found),
            "models": model._meta.verbose_name_plural,
            "list": f"{reverse(f'{name}_changelist')}?review={state}",
            "named": [(row, reverse(f"{name}_change", args=[row.pk]), review) for row, review in found[:MOST_NAMED]],
        }
