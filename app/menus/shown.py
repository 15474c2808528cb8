"""What visitors see of the menus: the entries at each place of the theme, as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.db.models import Exists, OuterRef

from app.menus.models import Menu
from app.menus.tree import MOST_LEVELS
from app.pages import navigation
from app.pages.links import destinations, menu_targets
from app.pages.models import HOME, Page
from app.pages.navigation import Entry, Navigation, is_at
from app.tenancy.content_cache import cached_by_content
from app.themes.catalogue import current_theme

#: Where a site without a menu has the pages that are shown in menus.
HEADER = "header"
COLUMNS = (
    "place",
    "entries__pk",
    "entries__parent_id",
    "entries__title",
    "entries__target",
    "entries__address",
    "entries__page_id",
    "entries__page__title",
    "entries__page__path",
    "entries__page__login_required",
    "entries__page__linkpage__address",
    "entries__page__linkpage__target",
)
TARGET, PAGE = COLUMNS.index("entries__target"), COLUMNS.index("entries__page_id")
#: Key, parent, title, and where it leads.
Row = tuple[int, "int | None", str, str]


def menu_at(place: str, current_path: str) -> Navigation:
    """The entries of the current site's menu at a place, for a visitor at a path."""
    rows = cached_by_content("menus", rows_by_place).get(place)
    if rows is not None:
        return as_tree(rows, current_path)
    return without_deeper(navigation.entries(current_path)) if place == HEADER else Navigation()


def without_deeper(pages: Navigation) -> Navigation:
    """The page tree has any depth, and themes show the levels that a menu may have."""
    level: list[Entry] = pages
    for _above in range(MOST_LEVELS - 1):
        level = [child for entry in level for child in entry.children]
    for entry in level:
        entry.children = []
    return pages


def as_tree(rows: Sequence[Row], current_path: str) -> Navigation:
    found = Navigation()
    by_id: dict[int, Entry] = {}
    for pk, _parent, title, url in rows:
        place = _place(url)
        is_here = place is not None and is_at(place, current_path)
        by_id[pk] = Entry(title, url, is_here and place != HOME, is_current=place == current_path)
        if is_here and place is not None:
            found.note([place])
    found.note_current(current_path)
    for pk, parent, *_ in rows:
        if parent is None:
            found.append(by_id[pk])
        elif parent in by_id:  # otherwise it is not shown, so this one is not either
            by_id[parent].children.append(by_id[pk])
    for entry in found:
        _open_if_below_is(entry)
    return found


def rows_by_place() -> dict[str, list[Row]]:
    """The entries that visitors see now, of all menus that the site's theme shows; one query."""
    is_shown = Exists(Page.objects.published().filter(pk=OuterRef("entries__page_id")))
    menus = Menu.objects.filter(place__in=list(current_theme().menus)).annotate(is_shown=is_shown)
    stored = list(menus.order_by("entries__position", "entries__pk").values_list(*COLUMNS, "is_shown"))
    targets = menu_targets() if any(row[TARGET] for row in stored) else {}
    found: dict[str, list[Row]] = {row[0]: [] for row in stored}
    for row, leads_to in zip(stored, destinations(_link(row) for row in stored), strict=True):
        place, pk, parent, title, target, address, _page, page_title, *_, shown = row
        if pk is not None and leads_to and (shown or row[PAGE] is None):
            title = title or page_title or (targets[target].title if target in targets else address)
            found[place].append((pk, parent, str(title), leads_to))
    return found


def _link(row: Sequence[Any]) -> tuple[str, str]:
    """Where an entry leads, as an address or a target."""
    target, address, page, _title, path, is_closed, link_address, link_target, _shown = row[TARGET:]
    if page is None:
        return address or "", target or ""
    # SECURITY: a link that needs a sign-in does not say where it leads.
    is_link = not is_closed and (link_address or link_target)
    return (link_address or "", link_target or "") if is_link else (path, "")


def _place(url: str) -> str | None:
    """The path of the site that an entry leads to; None for another website, or a part of a page."""
    return unquote(url) if url.startswith("/") and "?" not in url and "#" not in url else None


def _open_if_below_is(entry: Entry) -> bool:
    below = [_open_if_below_is(child) for child in entry.children]
    entry.is_open = entry.is_open or any(below)
    return entry.is_open or entry.is_current
