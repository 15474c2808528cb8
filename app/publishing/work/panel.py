"""A person's work on the front page of the admin: reviews, drafts, and what is scheduled."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from app.publishing.models import publishable_models
from app.publishing.review.requests import by_key
from app.publishing.work import drafts
from app.publishing.work.reviews import oldest_reviews, review_groups


def work_panel(request: HttpRequest) -> SafeString:
    """Empty for a person who may see nothing that is published."""
    models = [model for model in publishable_models() if _may_view(request, model)]
    if not models:
        return SafeString("")
    counts, mine, reviews = drafts.counts(), drafts.saved_by(request.user.pk, models), oldest_reviews(request, models)
    context: dict[str, list[dict[str, Any]]] = {"reviews": [], "groups": []}
    for model in models:
        label = model._meta.label_lower
        saved, reviewed = by_key(model, mine.get(label, ())), reviews.get(label, [])
        rows = drafts.with_keys(model, {*saved, *by_key(model, reviewed)})
        context["reviews"] += review_groups(model, reviewed, rows)
        group = _group(model, *counts.get(label, (0, 0)), [rows[key] for key in saved if key in rows])
        if group["drafts"] or group["scheduled"]:
            context["groups"].append(group)
    return render_to_string("admin/publishing/work.html", context)


def _may_view(request: HttpRequest, model: Any) -> bool:
    model_admin = admin.site._registry.get(model)
    return model_admin is not None and model_admin.has_view_permission(request)


def _group(model: Any, number: int, scheduled: int, mine: list[Any]) -> dict[str, Any]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = f"{reverse(f'{name}_changelist')}?work="
    coming = drafts.next_scheduled(model) if scheduled else []

    def named(rows: list[Any]) -> list[tuple[Any, str]]:
        return [(row, reverse(f"{name}_change", args=[row.pk])) for row in rows]

    return {
        "models": model._meta.verbose_name_plural,
        "drafts": number,
        "mine": named(mine),
        "scheduled": scheduled,
        "next": named(coming),
        "lists": {value: listed + value for value in (drafts.MINE, drafts.DRAFTS, drafts.SCHEDULED)},
    }
