"""Writing whole menus: from values, as the demo does, and from the page tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from app.menus.models import Menu, MenuEntry
from app.menus.tree import MOST_ENTRIES, MOST_LEVELS
from app.pages.models import Page
from app.tenancy.isolation.content_version import lock_site
from app.themes.catalogue import current_theme

#: `page` (the path of one), `target` (as "posts.list") or `address`, with an optional `title`, and `children`.
EntryValues = Mapping[str, Any]


@transaction.atomic
def set_menu(place: str, entries: Iterable[EntryValues], *, name: str = "") -> Menu:
    """Gives the current site this menu at a place, instead of the entries that it has there.

    Raises `ValidationError`, also for the path of a page that does not exist.
    """
    lock_site()
    menu = Menu.objects.filter(place=place).first() or Menu(place=place)
    menu.name = name or menu.name or current_theme().menus.get(place) or place
    menu.full_clean()
    menu.save()
    menu.entries.all().delete()
    _add(menu, None, entries)
    return menu


def _add(menu: Menu, parent: MenuEntry | None, entries: Iterable[EntryValues]) -> None:
    for position, values in enumerate(entries, start=1):
        named = {key: values.get(key, "") for key in ("title", "target", "address")}
        entry = MenuEntry(menu=menu, parent=parent, position=position, page=_page_at(values), **named)
        entry.full_clean()
        entry.save()
        _add(menu, entry, values.get("children", ()))


def _page_at(values: EntryValues) -> Page | None:
    if "page" not in values:
        return None
    found: Page | None = Page.objects.filter(path=values["page"]).first()
    if found is None:
        raise ValidationError(f"This site has no page at {values['page']}.")
    return found


@transaction.atomic
def new_menu(place: str) -> Menu | None:
    """An empty menu at a place of the theme, named after it; None if there is one already."""
    lock_site()
    if Menu.objects.filter(place=place).exists():
        return None
    title = current_theme().menus.get(place, place)
    taken = set(Menu.objects.values_list("name", flat=True))
    names = (title if number == 1 else f"{title} {number}" for number in count(1))
    menu = Menu(place=place, name=next(name for name in names if name not in taken))
    menu.save()
    return menu


@transaction.atomic
def copy_pages(menu: Menu) -> int:
    """Adds the pages that are shown in menus to an empty menu, as a tree of the levels that a menu may have.

    Returns their number, 0 for a menu with entries. Pages that are not published are added too: visitors see them
    when they are.
    """
    lock_site()
    if menu.entries.exists():
        return 0
    copied: dict[int | None, MenuEntry | None] = {None: None}
    left = MOST_ENTRIES
    for _level in range(MOST_LEVELS):
        parents = [key for key in copied if key is not None]
        above = Page.objects.filter(parent_id__in=parents) if parents else Page.objects.filter(parent=None)
        pages = list(above.filter(in_menus=True).exclude(pk__in=parents).only("pk", "parent_id")[:left])
        rows = [
            MenuEntry(menu=menu, parent=copied[page.parent_id], page=page, position=number)
            for number, page in enumerate(pages, start=1)
        ]
        made: list[MenuEntry] = MenuEntry.objects.bulk_create(rows)
        left -= len(made)
        copied = {entry.page_id: entry for entry in made}
        if not made:
            break
    return MOST_ENTRIES - left
