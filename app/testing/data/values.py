"""Values for the fields of a new row of any model."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from app.testing.data.canaries import Canaries, Side

#: Shorter texts hold no canary.
SHORTEST_TEXT = 11
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
LONGEST_PAST = dt.timedelta(days=300)

Target = Callable[[Any, int], Any]


class CannotGuess(Exception):
    """No value is known for a required field; the message says what to do."""

    def __init__(self, field: models.Field[Any, Any]) -> None:
        super().__init__(
            f"{field.model._meta.label}.{field.name} is a required {type(field).__name__}, and no value for it can be "
            "guessed. Return one from the hook pytest_isolation_values (app/testing/hooks.py)."
        )


class Values:
    """Makes the values of the rows of one site. `target` returns a row for a foreign key, or None.

    With `only_required`, what may stay empty does.
    """

    def __init__(self, canaries: Canaries, side: Side, target: Target, *, only_required: bool = False) -> None:
        self.canaries, self.side, self.target, self.only_required = canaries, side, target, only_required

    def of(self, model: Any, number: int, given: dict[str, Any]) -> dict[str, Any]:
        """Values for row `number` of the model, with those that are `given` in their place.

        Raises `CannotGuess`.
        """
        values = dict(given)
        for field in model._meta.concrete_fields:
            if field.name in values or _is_set_by_itself(field) or (self.only_required and _may_stay_empty(field)):
                continue
            value = self._value(field, number)
            if value is not None:
                values[field.name] = value
            elif not (field.null or field.has_default() or field.blank or field.has_db_default()):
                raise CannotGuess(field)
        return values

    def _value(self, field: Any, number: int) -> Any:
        if isinstance(field, models.ForeignKey):
            return self.target(field, number)
        if field.choices:
            return _choice(field, number)
        if field.has_default() and not isinstance(field, (models.CharField, models.TextField, models.JSONField)):
            return None
        for kind, make in MAKERS:
            if isinstance(field, kind):
                return make(self, field)
        return None

    def where(self, field: Any) -> str:
        return f"{field.model._meta.label}.{field.name}"

    def short(self, field: Any) -> str | None:
        if field.max_length is not None and field.max_length < SHORTEST_TEXT:
            return None if field.blank or field.null or field.has_default() else self.side[: field.max_length]
        text = self.canaries.text(self.side, self.where(field))
        # Such as a path: a text that the field refuses stays empty where it may.
        return None if field.blank and field.has_default() and _is_refused(field, text) else text

    def email(self, field: Any) -> str:
        return f"{self.canaries.text(self.side, self.where(field))}@example.test"

    def url(self, field: Any) -> str:
        return f"https://example.test/{self.canaries.text(self.side, self.where(field))}"

    def json(self, field: Any) -> Any:
        text = self.canaries.text(self.side, self.where(field))
        return [text] if isinstance(field.get_default(), list) else {"isolation": text}

    def integer(self, field: Any) -> int:
        if isinstance(field, (models.SmallIntegerField, models.PositiveSmallIntegerField)):
            return 1 if self.side == "a" else 2
        return self.canaries.number(self.side, self.where(field))

    def address(self, field: Any) -> str:
        return self.canaries.address(self.side, self.where(field))

    def file(self, field: Any) -> ContentFile[Any]:
        text = self.canaries.text(self.side, self.where(field))
        if isinstance(field, models.ImageField):
            return ContentFile(PIXEL, name=f"{text}.gif")
        return ContentFile(text.encode(), name=f"{text}.txt")

    def moment(self, field: Any) -> dt.datetime | None:
        """A required time lies in the past. An optional one stays empty, or rows would expire."""
        if field.null:
            return None
        return timezone.now() - LONGEST_PAST * (1 if self.side == "a" else 2)

    def date(self, field: Any) -> dt.date | None:
        moment = self.moment(field)
        return moment.date() if moment else None

    def uuid(self, field: Any) -> uuid.UUID:
        return uuid.UUID(int=self.canaries.number(self.side, self.where(field)))


#: The first kind that a field is an instance of. None: the field stays empty.
MAKERS: tuple[tuple[Any, Callable[[Values, Any], Any]], ...] = (
    (models.FileField, Values.file),
    (models.EmailField, Values.email),
    (models.URLField, Values.url),
    (models.CharField, Values.short),
    (models.TextField, Values.short),
    (models.JSONField, Values.json),
    (models.GenericIPAddressField, Values.address),
    (models.DateTimeField, Values.moment),
    (models.DateField, Values.date),
    (models.TimeField, lambda values, field: None if field.null else dt.time(1 if values.side == "a" else 2)),
    (models.DurationField, lambda values, field: None if field.null else dt.timedelta(hours=1)),
    (models.BooleanField, lambda values, field: None if field.null else True),
    (models.IntegerField, Values.integer),
    (models.DecimalField, lambda values, field: Decimal(1 if values.side == "a" else 2)),
    (models.FloatField, lambda values, field: 1.0 if values.side == "a" else 2.0),
    (models.BinaryField, lambda values, field: values.canaries.text(values.side, values.where(field)).encode()),
    (models.UUIDField, Values.uuid),
)


def _is_set_by_itself(field: Any) -> bool:
    is_key = field.primary_key and (field.has_default() or isinstance(field, models.AutoField))
    return is_key or field.generated or getattr(field.remote_field, "parent_link", False)


def _may_stay_empty(field: Any) -> bool:
    return bool(field.has_default() or (field.null and field.blank))


def _is_refused(field: Any, text: str) -> bool:
    try:
        field.run_validators(text)
    except ValidationError:
        return True
    return False


def _choice(field: Any, number: int) -> Any:
    values = [value for value, _label in field.flatchoices if value not in (None, "")]
    return values[number % len(values)] if values else None
