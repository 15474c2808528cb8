"""The titles of entries. To read many of them, load the pages and the apps' targets once, and pass them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from app.pages.links import MenuTarget, menu_targets

if TYPE_CHECKING:
    from app.menus.models import MenuEntry

_known: ContextVar[Mapping[int, str] | None] = ContextVar("titles_of_menu_entries", default=None)


def title_of(entry: MenuEntry, targets: Mapping[str, MenuTarget]) -> str:
    """What visitors read: the title, or that of what it leads to. `targets` are `menu_targets()`."""
    if entry.title:
        return entry.title
    if entry.page is not None:
        return entry.page.title
    target = targets.get(entry.target)
    return str(target.title) if target is not None else entry.address or _("(leads nowhere)")


def title_of_one(entry: MenuEntry) -> str:
    """The same for code that has no targets."""
    known = _known.get()
    if known is not None and entry.pk in known:
        return known[entry.pk]
    return title_of(entry, menu_targets() if entry.target and not entry.title else {})


@contextmanager
def titles_known(entries: Iterable[MenuEntry]) -> Iterator[None]:
    """For code of Django that shows the text of each of these entries, some of which it loads again by itself."""
    targets = menu_targets()
    token = _known.set({entry.pk: title_of(entry, targets) for entry in entries})
    try:
        yield
    finally:
        _known.reset(token)
