from __future__ import annotations

from dataclasses import dataclass, field

from django import template

from app.pages.models import Page

register = template.Library()


@dataclass
class Entry:
    """A page in the navigation, with the pages below it."""

    title: str
    path: str
    children: list[Entry] = field(default_factory=list)


@register.simple_tag
def navigation() -> list[Entry]:
    """The published pages of this site that are shown in menus, as a tree; one query."""
    rows = Page.objects.published().filter(in_menus=True).values_list("pk", "parent_id", "title", "path")
    entries = {pk: Entry(title, path) for pk, _, title, path in rows}
    top: list[Entry] = []
    for pk, parent, _, _ in rows:
        if parent is None:
            top.append(entries[pk])
        elif parent in entries:
            entries[parent].children.append(entries[pk])
    return top
