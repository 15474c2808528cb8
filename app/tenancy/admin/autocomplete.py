from __future__ import annotations

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import QuerySet


class Choices(AutocompleteJsonView):
    """Django's results for an autocomplete field, with the text of `SiteRelatedAdmin.choice_text`."""

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()
        # A query with GROUP BY ignores the model's default order, so its pages could repeat or miss rows.
        return rows if rows.ordered else rows.order_by(*rows.model._meta.ordering, "pk")

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        text = getattr(self.model_admin, "choice_text", str)(obj)
        return super().serialize_result(obj, to_field_name) | {"text": text}
