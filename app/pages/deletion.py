from __future__ import annotations

from typing import Any

from django.db.models.deletion import Collector


def keep_what_is_below(collector: Collector, field: Any, pages: Any, _using: str) -> None:
    """As RESTRICT: a page with pages below it is deleted only together with them.

    RESTRICT also notes that the table depends on itself, and then Django sorts nothing: a page is deleted before the
    row that its kind has. With row security that row is not reached without its page, and stays.
    """
    collector.add_restricted_objects(field, pages)
