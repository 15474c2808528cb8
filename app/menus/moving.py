"""Moving an entry within its menu: before or after another entry, or below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from app.menus.models import Menu, MenuEntry
from app.menus.tree import in_order
from app.pages.moving import ListChanged, Side
from app.pages.tree_order import Place
from app.tenancy.isolation.content_version import lock_site


def places_of(entries: Sequence[MenuEntry]) -> dict[int, Place]:
    """Where each entry of a menu is, in the order of the tree. `entries` are all of them, by their positions."""
    shown = in_order(entries)
    siblings: dict[int | None, list[int]] = {}
    for entry, _depth in shown:
        siblings.setdefault(entry.parent_id, []).append(entry.pk)
    found: dict[int, Place] = {}
    for entry, depth in shown:
        beside: list[int | None] = [None, *siblings[entry.parent_id], None]
        number = beside.index(entry.pk)
        found[entry.pk] = Place(entry.pk, entry.parent_id, beside[number - 1], beside[number + 1], depth)
    return found


@transaction.atomic
def move(menu: Menu, key: int, other: int, side: Side, *, seen: Mapping[int, str]) -> tuple[MenuEntry, MenuEntry]:
    """Moves an entry, and all below it. Returns it and the other one.

    `seen` is what `Place.neighbours` was for these entries when the person saw them. Raises `ListChanged` if it is
    something else now, or one of them is gone, and `ValidationError` for a place where the entry cannot be.
    """
    # Before anything is read: another person's move is complete, or has not begun.
    lock_site()
    entries = list(menu.entries.select_related("page"))
    places = places_of(entries)
    by_key = {entry.pk: entry for entry in entries}
    if key not in places or other not in places or {place: places[place].neighbours for place in seen} != dict(seen):
        raise ListChanged
    entry, target = by_key[key], by_key[other]
    if entry is target and side is not Side.INSIDE:
        return entry, target
    parent = target.pk if side is Side.INSIDE else target.parent_id
    siblings = [by_key[place] for place in places if by_key[place].parent_id == parent and place != key]
    number = len(siblings) if side is Side.INSIDE else siblings.index(target) + (side is Side.AFTER)
    if parent != entry.parent_id:
        entry.parent_id = parent
        entry.save(update_fields={"parent"})
    siblings.insert(number, entry)
    for position, sibling in enumerate(siblings, start=1):
        sibling.position = position
    MenuEntry.objects.bulk_update(siblings, ["position"])
    return entry, target


def last_position(menu_id: int, parent_id: int | None) -> int:
    """The position after all other entries below the same one."""
    last = MenuEntry.objects.filter(menu_id=menu_id, parent_id=parent_id).order_by("-position").first()
    return 1 if last is None else last.position + 1
