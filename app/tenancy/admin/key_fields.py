"""How the forms of the admin show a foreign key to a model that has a field of its own for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.db import models
from django.forms import Widget

#: Makes the widget from the relation (`ForeignObjectRel`) and the admin site.
MakeWidget = Callable[[Any, AdminSite], Widget]
_widgets: dict[type[models.Model], MakeWidget] = {}


def register_key_widget(model: type[models.Model], make: MakeWidget) -> None:
    """In `ready()` of an app: every `SiteRelatedAdmin` has this widget for its keys to `model`."""
    _widgets[model] = make


def widget_for(db_field: models.Field[Any, Any], admin_site: AdminSite) -> Widget | None:
    """None for a field that is no foreign key, or of a model without a widget of its own."""
    make = _widgets.get(db_field.related_model) if isinstance(db_field, models.ForeignKey) else None
    return make(db_field.remote_field, admin_site) if make is not None else None
