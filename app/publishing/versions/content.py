"""The content of a row as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

Field = Any  # models.Field or ManyToManyField of any value


def versioned_fields(model: Any) -> dict[str, Field]:
    """By name: the fields that a form may have, without those in `unversioned` of the model."""
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return {
        field.name: field
        for field in fields
        if field.editable and not field.primary_key and field.name not in model.unversioned
    }


def content_of(row: models.Model) -> dict[str, Any]:
    """What a stored row contains, as JSON has it. One query for each many-to-many field."""
    values = {name: _plain(field, row) for name, field in versioned_fields(type(row)).items()}
    content: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return content


def _plain(field: Field, row: models.Model) -> Any:
    if field.many_to_many:
        return list(getattr(row, field.name).order_by("pk").values_list("pk", flat=True))
    value = field.value_from_object(row)
    is_plain = value is None or isinstance(value, str | int | float | list | dict)
    return value if is_plain else field.value_to_string(row)


def value_in(content: Mapping[str, Any], field: Field) -> Any:
    """The value of a field as the model has it, or a list of keys; what a new row has if the content has none, or one
    that the field does not take any longer."""
    if field.many_to_many:
        return content.get(field.name, [])
    if field.name in content:
        with suppress(ValidationError):
            return field.to_python(content[field.name])
    return field.get_default()


def differing(before: Mapping[str, Any], after: Mapping[str, Any], model: Any) -> list[str]:
    """The names of the fields that differ. A field that one of them does not have counts as if it were as in a new
    row: a field that a migration added is no change."""
    fields = versioned_fields(model)
    return [name for name, field in fields.items() if value_in(before, field) != value_in(after, field)]
