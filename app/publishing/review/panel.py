"""What waits for a review, on the overview of the site in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from app.publishing.review.models import Review
from app.publishing.review.requests import by_key
from app.tenancy.site_apps import is_on

#: Of each model, so many drafts are named.
MOST_NAMED = 5


def review_panel(request: HttpRequest) -> SafeString:
    """The drafts that wait for somebody who may publish them, and those that were given back to this person."""
    reviews = list(Review.objects.order_by("asked_at"))
    groups = list(_groups(request, reviews))
    return render_to_string("admin/publishing/panel.html", {"groups": groups}) if groups else SafeString("")


def _groups(request: HttpRequest, reviews: list[Review]) -> Iterator[dict[str, Any]]:
    waiting = [review for review in reviews if review.is_waiting]
    returned = [review for review in reviews if not review.is_waiting and review.asked_by_id == request.user.pk]
    for label in sorted({review.label for review in reviews}):
        model = _model(label)
        if model is None or not request.user.has_perm(_permission("view", model)):
            continue
        if request.user.has_perm(_permission("publish", model)):
            yield from _group(model, [review for review in waiting if review.label == label], is_waiting=True)
        yield from _group(model, [review for review in returned if review.label == label], is_waiting=False)


def _group(model: Any, reviews: list[Review], *, is_waiting: bool) -> Iterator[dict[str, Any]]:
    reviewed = by_key(model, reviews)
    drafts = {row.pk: row for row in model.objects.filter(pk__in=[*reviewed], status="draft")}
    found = [(drafts[key], review) for key, review in reviewed.items() if key in drafts]
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


def _model(label: str) -> Any:
    """None for an app that is not installed any longer, or is off on this site."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if is_on(model._meta.app_label) else None


def _permission(action: str, model: Any) -> str:
    return f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"
