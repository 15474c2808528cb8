"""Asking for a review, giving a draft back, and finding what waits. A row that is published waits no longer."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils import timezone

from app.publishing.review.models import LONGEST_NOTE, Review
from app.publishing.versions.keeping import reference
from app.publishing.versions.models import RowReference
from app.tenancy.audit.record import acting_person

Reference = TypeVar("Reference", bound=RowReference)


def review_of(row: Any) -> Review | None:
    found: Review | None = Review.objects.filter(**reference(row)).first()
    return found


def reviews_of(rows: Iterable[Any]) -> dict[Any, Review]:
    """By the key of the row. One query."""
    listed = list(rows)
    if not listed:
        return {}
    label = reference(listed[0])["label"]
    found = {r.key: r for r in Review.objects.filter(label=label, key__in=[str(row.pk) for row in listed])}
    return {row.pk: found[str(row.pk)] for row in listed if str(row.pk) in found}


def by_key(model: Any, references: Iterable[Reference]) -> dict[Any, Reference]:
    """By the key as the model has it, without keys that it cannot have."""
    found = {}
    for reference_to_row in references:
        with suppress(ValidationError):
            found[model._meta.pk.to_python(reference_to_row.key)] = reference_to_row
    return found


def ask(row: Any, note: str) -> None:
    """The draft waits from now on, if it did not already. The person and the note are the last ones."""
    person_id, person = acting_person()
    asked = {"asked_by": person, "asked_by_id": person_id, "asked_at": timezone.now(), "asked_note": _fit(note)}
    returned = {"returned_by": "", "returned_by_id": None, "returned_at": None, "returned_note": ""}
    Review.objects.update_or_create(**reference(row), defaults={**asked, **returned})


def give_back(review: Review, note: str) -> None:
    review.returned_by_id, review.returned_by = acting_person()
    review.returned_at, review.returned_note = timezone.now(), _fit(note)
    review.save()


def _fit(note: str) -> str:
    return note.replace("\0", "").strip()[:LONGEST_NOTE]
