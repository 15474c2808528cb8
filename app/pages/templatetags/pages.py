from __future__ import annotations

from dataclasses import dataclass, field

from django import template
from django.template import Context

from app.pages.models import HOME, Page

register = template.Library()


@dataclass
class Entry:
    """A page in the navigation, with the pages below it. It is open when the visitor is on it or below it."""

    title: str
    path: str
    is_open: bool = False
    children: list[Entry] = field(default_factory=list)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Entry]:
    """The published pages of this site that are shown in menus, as a tree; one query."""
    here = context["request"].path
    rows = Page.objects.published().filter(in_menus=True).values_list("pk", "parent_id", "title", "path")
    entries = {pk: Entry(title, path, path != HOME and here.startswith(path)) for pk, _, title, path in rows}
    top: list[Entry] = []
    for pk, parent, _, _ in rows:
        if parent is None:
            top.append(entries[pk])
        elif parent in entries:
            entries[parent].children.append(entries[pk])
    return top
