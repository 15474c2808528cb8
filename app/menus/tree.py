"""The rules of a menu's tree: bounded, and no entry below itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from app.menus.models import MenuEntry

#: Levels of a menu, and the entries of one: a page shows all of them.
MOST_LEVELS = 3
MOST_ENTRIES = 200

Parents = Mapping[int, "int | None"]


def refuse_place(entry: MenuEntry) -> None:
    """Raises `ValidationError` if the entry cannot be where it is. One query."""
    parents: dict[int, int | None] = dict(
        _entries().objects.filter(menu_id=entry.menu_id).order_by().values_list("pk", "parent_id")
    )
    if entry.pk not in parents and len(parents) >= MOST_ENTRIES:
        raise ValidationError(_("A menu has at most %(most)d entries."), params={"most": MOST_ENTRIES})
    if entry.parent_id is None:
        return
    if entry.parent_id not in parents:
        raise ValidationError({"parent": _("Choose an entry of this menu.")})
    above = levels_above(entry.parent_id, parents)
    if entry.pk is not None and entry.pk in above:
        raise ValidationError({"parent": _("An entry cannot be below itself.")})
    if len(above) + levels_from(entry.pk, parents) > MOST_LEVELS:
        message = _("A menu has at most %(most)d levels.")
        raise ValidationError({"parent": ValidationError(message, params={"most": MOST_LEVELS})})


def levels_above(key: int | None, parents: Parents) -> list[int]:
    """An entry and those above it. Ends where the tree has a circle."""
    found: list[int] = []
    while key is not None and key not in found:
        found.append(key)
        key = parents.get(key)
    return found


def levels_from(key: int | None, parents: Parents) -> int:
    """The number of levels that an entry and what is below it have."""
    depth, level = 1, {key}
    while key is not None:
        level = {child for child, parent in parents.items() if parent in level}
        if not level or depth > MOST_LEVELS:
            break
        depth += 1
    return depth


def in_order(entries: Iterable[MenuEntry]) -> list[tuple[MenuEntry, int]]:
    """Entries in the order of the tree, each with its depth. `entries` are in the order of their positions."""
    below: dict[int | None, list[MenuEntry]] = {}
    for entry in entries:
        below.setdefault(entry.parent_id, []).append(entry)
    found: list[tuple[MenuEntry, int]] = []

    def add(parent: int | None, depth: int) -> None:
        for entry in below.pop(parent, ()):
            found.append((entry, depth))
            add(entry.pk, depth + 1)

    add(None, 0)
    return found


def _entries() -> type[MenuEntry]:
    return apps.get_model("menus.MenuEntry")
