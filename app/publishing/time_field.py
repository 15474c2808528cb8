"""Times of publishing as editors type them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import SplitDateTimeField
from django.utils.timezone import get_current_timezone


class TimeField(SplitDateTimeField):
    """A time in the current time zone. Of an hour that a clock shows twice, in autumn, it is the first one.

    Django refuses such a time. A row that was published in that hour could not be saved without another time.
    """

    def compress(self, data_list: Any) -> datetime | None:
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
