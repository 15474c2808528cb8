"""The rows of a menu's page: its entries in their tree, each with what visitors see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from app.menus.models import Menu, MenuEntry
from app.menus.moving import places_of
from app.menus.titles import title_of
from app.menus.tree import in_order
from app.pages.admin.moving_rows import handle, row_beside
from app.pages.links import MenuTarget, menu_targets
from app.pages.models import LinkPage, Page
from app.publishing.outcome import has_expired


class Row(NamedTuple):
    entry: MenuEntry
    handle: SafeString
    indents: range
    title: str
    leads_to: str
    #: Why visitors do not see it, or what they see instead; empty for most entries.
    note: str


def rows_of(menu: Menu, *, may_move: bool) -> list[Row]:
    """Two queries, and one for each kind of app page."""
    entries = list(menu.entries.select_related("page__linkpage"))
    places, targets = places_of(entries), menu_targets()
    notes: dict[int, str] = {}
    rows = []
    for entry, depth in in_order(entries):
        hidden = hidden_because(entry, targets)
        if not hidden and entry.parent_id is not None and notes[entry.parent_id]:
            hidden = _("Not shown, because the entry above is not")
        notes[entry.pk] = hidden
        closed = entry.page is not None and entry.page.login_required
        note = hidden or (_("Visitors are asked to sign in") if closed else "")
        text = title_of(entry, targets)
        move = handle(
            entry.pk,
            text,
            places[entry.pk],
            move_in=_("Move in, below the entry before"),
            move_out=_("Move out, after the entry above"),
        )
        shown = move if may_move else row_beside(entry.pk, places[entry.pk])
        rows.append(Row(entry, shown, range(depth), text, leads_to(entry, targets), note))
    return rows


def leads_to(entry: MenuEntry, targets: Mapping[str, MenuTarget]) -> str:
    if entry.page is not None:
        return entry.page.path
    if entry.target:
        return targets[entry.target].url if entry.target in targets else entry.target
    return entry.address


def hidden_because(entry: MenuEntry, targets: Mapping[str, MenuTarget]) -> str:
    """Why visitors do not see an entry, by itself; empty if they do."""
    if entry.page is not None:
        return _hidden_page(entry.page, targets)
    if entry.target and entry.target not in targets:
        return _("Not shown: no app of this site has this page any longer")
    return "" if entry.target or entry.address else _("Not shown: its page was deleted")


def _hidden_page(page: Page, targets: Mapping[str, MenuTarget]) -> str:
    if not page.is_published:
        return _("Not shown: the page is a draft")
    if has_expired(page):
        return _("Not shown: the page has expired")
    if page.publish_at is not None and page.publish_at > timezone.now():
        moment = date_format(timezone.localtime(page.publish_at), "DATETIME_FORMAT")
        return _("Not shown until %s") % moment
    link = getattr(page, "linkpage", None)
    is_lost = isinstance(link, LinkPage) and not link.address and link.target not in targets
    if is_lost and not page.login_required:
        return _("Not shown: no app of this site has the target of this link any longer")
    return ""


def titles_in_tree(entries: Sequence[MenuEntry]) -> list[tuple[int, str]]:
    """For a select box: each entry is indented below the one above."""
    targets = menu_targets()
    return [(entry.pk, "\u2003" * depth + title_of(entry, targets)) for entry, depth in in_order(entries)]
