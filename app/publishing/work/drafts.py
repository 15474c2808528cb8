"""Drafts and scheduled rows: how many there are, the next ones, and those that a person saved herself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.publishing.models import Publishable, Version, publishable_models
from app.publishing.review.requests import by_key
from app.publishing.versions.keeping import root_of
from app.tenancy.content_cache import cached_by_content

#: A person's newest versions, of all models together.
MOST_OF_A_PERSON = 200
MINE, DRAFTS, SCHEDULED = "mine", "drafts", "scheduled"


class WorkFilter(admin.SimpleListFilter):
    title = _("work")
    parameter_name = "work"

    def lookups(self, *_args: object) -> list[tuple[str, Any]]:
        return [(MINE, _("My drafts")), (DRAFTS, _("All drafts")), (SCHEDULED, _("Scheduled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "mine":
                keys = saved_by(request.user.pk).get(root_of(queryset.model)._meta.label_lower, [])
                return queryset.filter(is_draft(), pk__in=by_key(queryset.model, keys))
            case "drafts":
                return queryset.filter(is_draft())
            case "scheduled":
                return queryset.filter(is_scheduled())
        return queryset


def is_draft() -> Q:
    return Q(status=Publishable.Status.DRAFT)


def is_scheduled() -> Q:
    return Q(status=Publishable.Status.PUBLISHED, publish_at__gt=timezone.now())


def counts() -> dict[str, tuple[int, int]]:
    """Label of a model → its drafts, and its scheduled rows, on the current site. At most one query."""
    return cached_by_content("drafts and scheduled", _counts)


def _counts() -> dict[str, tuple[int, int]]:
    numbers = {"drafts": Count("pk", filter=is_draft()), "scheduled": Count("pk", filter=is_scheduled())}
    first, *others = (
        model.objects.filter(is_draft() | is_scheduled())
        .order_by()
        .annotate(label=Value(model._meta.label_lower))
        .values("label")
        .annotate(**numbers)
        .values_list("label", "drafts", "scheduled")
        for model in publishable_models()
    )
    return {label: (drafts, scheduled) for label, drafts, scheduled in first.union(*others, all=True)}


def with_keys(model: Any, keys: Collection[Any]) -> dict[Any, Any]:
    """The drafts with these keys, by key."""
    return {row.pk: row for row in model.objects.filter(is_draft(), pk__in=keys)} if keys else {}


def next_scheduled(model: Any, most: int) -> list[Any]:
    return list(model.objects.filter(is_scheduled()).order_by("publish_at", "pk")[:most])


def saved_by(person_id: Any) -> dict[str, list[Version]]:
    """Label of a model → the newest versions that a person saved, newest first and one of each row."""
    newest = Version.objects.filter(person_id=person_id).order_by("-saved_at", "-pk")
    found: dict[str, dict[str, Version]] = {}
    for version in newest.only("label", "key")[:MOST_OF_A_PERSON]:
        found.setdefault(version.label, {}).setdefault(version.key, version)
    return {label: list(versions.values()) for label, versions in found.items()}
