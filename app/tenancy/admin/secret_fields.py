"""Fields whose stored value the admin never shows: those with the widget of a password, in any form of any app."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

NOT_SHOWN = _("a value that is never shown")


def is_secret(field: Any) -> bool:
    """Whether a field of a form hides what is typed into it, or one of its parts does."""
    return _hides(getattr(field, "widget", None))


def is_secret_in(model_admin: Any, name: Any) -> bool:
    """The same for a field that is read-only now, and so in no form: by the form of the admin class, or its widget."""
    form = model_admin.form
    if name in form.base_fields:
        return is_secret(form.base_fields[name])
    widgets = getattr(getattr(form, "_meta", None), "widgets", None) or {}  # Django's own form class has no options
    if name in widgets:
        widget = widgets[name]
        return _hides(widget() if isinstance(widget, type) else widget)
    try:
        field = model_admin.model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:  # a method of the admin class
        return False
    overrides = model_admin.formfield_overrides.get(type(field), {})
    widget = overrides.get("widget")
    return _hides(widget() if isinstance(widget, type) else widget)


def _hides(widget: Any) -> bool:
    return getattr(widget, "input_type", "") == "password" or any(map(_hides, getattr(widget, "widgets", ())))
