from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django import template

from app.media.usage import described
from app.publishing.links.following import rows_with_links_to

register = template.Library()


MOST_ROWS = 50


@register.simple_tag
def linked_from(rows: Iterable[Any] | Any) -> list[Any]:
    """The rows whose texts link to one of the first of these, each with its kind and a link to its form."""
    deleted = list(islice(rows, MOST_ROWS)) if isinstance(rows, Iterable) else [rows]
    linkable = [row for row in deleted if hasattr(row, "get_absolute_url")]
    found = {(type(row), row.pk): row for one in linkable for row in rows_with_links_to(one)}
    return [described(row) for row in found.values() if row not in deleted]
