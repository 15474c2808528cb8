from __future__ import annotations

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView


class Choices(AutocompleteJsonView):
    """Django's results for an autocomplete field, with the text of `SiteRelatedAdmin.choice_text`."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        text = getattr(self.model_admin, "choice_text", str)(obj)
        return super().serialize_result(obj, to_field_name) | {"text": text}
