"""What differs between two contents of a row, field by field, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _

from app.publishing.rich_text import RichTextField
from app.publishing.versions.content import Field, differing, value_in, versioned_fields
from app.publishing.versions.structure import as_text
from app.publishing.versions.texts import Passage, compare


@dataclass(frozen=True, slots=True)
class FieldDifference:
    label: str
    passages: list[Passage]
    is_coarse: bool = False


def labels_of(model: Any, names: Iterable[str]) -> list[str]:
    """How people call these fields, without those that the model does not have any longer."""
    fields = versioned_fields(model)
    return [label_of(fields[name]) for name in names if name in fields]


def label_of(field: Field) -> str:
    return str(capfirst(field.verbose_name))


def differences(model: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldDifference]:
    fields = versioned_fields(model)
    return [_difference(fields[name], before, after) for name in differing(before, after, model)]


def _difference(field: Field, before: Mapping[str, Any], after: Mapping[str, Any]) -> FieldDifference:
    old, new = value_in(before, field), value_in(after, field)
    if field.many_to_many:
        return FieldDifference(label_of(field), _lists(_names(field, old), _names(field, new)))
    if _is_text(field):
        found = compare(_text(field, old), _text(field, new))
        return FieldDifference(label_of(field), found.passages, found.is_coarse)
    pair = [Passage("deleted", _shown(field, old)), Passage("added", _shown(field, new))]
    return FieldDifference(label_of(field), [passage for passage in pair if passage.text])


def _is_text(field: Field) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def _text(field: Field, value: Any) -> str:
    text = str(value or "")
    return as_text(text) if isinstance(field, RichTextField) else text


def _shown(field: Field, value: Any) -> str:
    if value is None or value == "":
        return ""
    if field.is_relation:
        return ", ".join(_names(field, [value]))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime) and is_aware(value):
        value = localtime(value)
    return str(localize(value))


def _names(field: Field, keys: Sequence[Any]) -> list[str]:
    # SECURITY: through `objects`, so that a row of another site is as one that does not exist.
    target = field.remote_field.model
    name = field.target_field.name if not field.many_to_many else "pk"
    found: dict[str, str] = {}
    for row in getattr(target, "objects", target._default_manager).filter(**{f"{name}__in": _possible(field, keys)}):
        found[str(getattr(row, name))] = str(row)
    return [found.get(str(key), _("deleted (%s)") % key) for key in keys]


def _possible(field: Field, keys: Sequence[Any]) -> list[Any]:
    """Without keys that are none: a key has had another type before a migration."""
    possible = []
    for key in keys:
        try:
            possible.append(field.target_field.to_python(key))
        except ValidationError:
            continue
    return possible


def _lists(old: Sequence[str], new: Sequence[str]) -> list[Passage]:
    passages = [Passage("deleted", name) for name in old if name not in new]
    passages += [Passage("same", name) for name in old if name in new]
    return passages + [Passage("added", name) for name in new if name not in old]
