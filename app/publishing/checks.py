"""A system check: no page of the admin changes publishable rows without asking for the right to publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.core import checks

from app.publishing.admin import PublishableAdmin
from app.publishing.models import Publishable


def publishable_admins(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E001 an admin class that does not ask for the right to publish."""
    labels = {config.label for config in app_configs} if app_configs else None
    hint = "Derive the admin class from app.publishing.admin.PublishableAdmin; edit such rows on a page of their own."
    message = "Its admin publishes rows without asking for the right to publish."
    return [
        checks.Error(message, hint=hint, obj=model, id="publishing.E001")
        for model in _unguarded()
        if labels is None or model._meta.app_label in labels
    ]


def _unguarded() -> Iterator[type[Publishable]]:
    for model, model_admin in admin.site._registry.items():
        if issubclass(model, Publishable) and not isinstance(model_admin, PublishableAdmin):
            yield model
        for inline in model_admin.inlines:
            if inline.model is not None and issubclass(inline.model, Publishable):
                yield inline.model
