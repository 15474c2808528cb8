"""The navigation of the current site, for every template. Themes use it as a value and load no tags of this app."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Value, Window
from django.db.models.functions import Length, Replace, RowNumber
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from app.pages.models import HOME, Page

#: The most entries that a page gets in its menu, and that all menus have together; pages on top come first.
MOST_CHILDREN = 50
MOST_ENTRIES = 500


@dataclass
class Entry:
    """A page in the navigation, with its child pages. It is open while the visitor is on it or below it."""

    title: str
    path: str
    is_open: bool = False
    children: list[Entry] = field(default_factory=list)


def context_processor(request: HttpRequest) -> dict[str, object]:
    """`navigation`: a list of `Entry`, loaded by one query when a template first uses it."""
    return {"navigation": SimpleLazyObject(lambda: entries(request.path))}


def entries(current_path: str) -> list[Entry]:
    """The published pages of the current site that are shown in menus, as a tree; one query."""
    order = ("position", "title", "pk")
    pages = Page.objects.published().filter(in_menus=True)
    pages = pages.alias(
        rank=Window(RowNumber(), partition_by="parent_id", order_by=order),
        depth=Length("path") - Length(Replace("path", Value("/"))),
    ).filter(rank__lte=MOST_CHILDREN)
    # From the top of the tree downwards, so that no entry is left without its parent.
    rows = list(pages.order_by("depth", *order).values_list("pk", "parent_id", "title", "path")[:MOST_ENTRIES])
    by_id = {pk: Entry(title, path, path != HOME and current_path.startswith(path)) for pk, _, title, path in rows}
    top_level: list[Entry] = []
    for pk, parent, _, _ in rows:
        if parent is None:
            top_level.append(by_id[pk])
        elif parent in by_id:
            by_id[parent].children.append(by_id[pk])
    return top_level
