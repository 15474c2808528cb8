"""Times of publishing as editors type them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm, BoundField, SplitDateTimeField
from django.utils.timezone import get_current_timezone


class TimeField(SplitDateTimeField):
    """A time in the current time zone. A time that is sent as it was shown stays what it is, to the microsecond.

    Of an hour that a clock shows twice, in autumn, another time is in the first one. Django refuses such a time: a row
    that was published in that hour could not be saved without another time.
    """

    _stored: Any = None

    def get_bound_field(self, form: BaseForm, field_name: str) -> BoundField:
        self._stored = form.initial.get(field_name)  # the form has a copy of the field of its own
        return super().get_bound_field(form, field_name)

    def compress(self, data_list: Any) -> datetime | None:
        stored = self._stored
        if isinstance(stored, datetime) and self.widget.decompress(stored.replace(microsecond=0)) == [*data_list]:
            return stored
        try:
            found: datetime | None = super().compress(data_list)
        except ValidationError as fault:
            if fault.code != "ambiguous_timezone":
                raise
            typed = datetime.combine(*data_list)
            found = typed.replace(tzinfo=get_current_timezone())
            if found.astimezone(UTC).astimezone(found.tzinfo).replace(tzinfo=None) != typed:
                raise  # no clock shows it: the hour that is left out in spring
        return found
