"""Drafts and scheduled rows: how many there are, the next ones, and those that a person saved herself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Max, Q, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.publishing.links.following import text_fields
from app.publishing.models import Publishable, Version, publishable_models
from app.publishing.versions.row_keys import keys_of, named_by
from app.tenancy.content_cache import cached_by_content

#: Of each model, so many rows are named.
MOST_NAMED = 5
MINE, DRAFTS, SCHEDULED = "mine", "drafts", "scheduled"


class WorkFilter(admin.SimpleListFilter):
    title = _("work")
    parameter_name = "work"

    def lookups(self, *_args: object) -> list[tuple[str, Any]]:
        return [(MINE, _("My drafts")), (DRAFTS, _("All drafts")), (SCHEDULED, _("Scheduled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "mine":
                return named_by(queryset.filter(is_draft()), Version.objects.filter(person_id=request.user.pk))
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


def of_drafts(model: Any) -> Q:
    """What names a draft of the model by label and key."""
    return Q(label=model._meta.label_lower, key__in=keys_of(model.objects.filter(is_draft())))


def with_keys(model: Any, keys: Collection[Any]) -> dict[Any, Any]:
    """The drafts with these keys, by key, without their texts."""
    rows = model.objects.filter(is_draft(), pk__in=keys).defer(*text_fields(model)) if keys else ()
    return {row.pk: row for row in rows}


def next_scheduled(model: Any) -> list[Any]:
    """The first `MOST_NAMED`, without their texts."""
    rows = model.objects.filter(is_scheduled()).order_by("publish_at", "pk")
    return list(rows.defer(*text_fields(model))[:MOST_NAMED])


def saved_by(person_id: Any, models: Iterable[Any]) -> dict[str, list[Any]]:
    """Label of a model → the `MOST_NAMED` drafts that a person saved last: a version of each, last saved first."""
    last = [F("last_saved").desc(), F("newest").desc()]
    newest = (
        Version.objects.filter(reduce(or_, map(of_drafts, models)), person_id=person_id)
        .values("label", "key")
        .annotate(last_saved=Max("saved_at"), newest=Max("pk"))
        .annotate(place=Window(RowNumber(), partition_by="label", order_by=last))
        .filter(place__lte=MOST_NAMED)
        .order_by("label", "place")
    )
    found: dict[str, list[Any]] = {}
    for label, key in newest.values_list("label", "key"):
        found.setdefault(label, []).append(Version(label=label, key=key))
    return found
