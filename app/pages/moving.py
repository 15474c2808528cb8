"""Moving a page within the tree: before or after another page, or below it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from app.pages.addresses import HOME
from app.pages.page import Page
from app.pages.tree import last_position, refuse_address_of_another
from app.pages.tree_order import places
from app.tenancy.current import current_site
from app.tenancy.isolation.content_version import lock_site

#: Gives all other pages below a parent even numbers, in their order, so that there is room before and after each.
RENUMBER = """WITH ranked AS (
    SELECT id, 2 * ROW_NUMBER() OVER (ORDER BY position, title, id) AS new FROM pages_page
    WHERE site_id = %s AND COALESCE(parent_id, 0) = %s AND id <> %s
) UPDATE pages_page SET position = ranked.new FROM ranked
WHERE pages_page.id = ranked.id AND pages_page.position <> ranked.new"""


class Side(StrEnum):
    """Where a page goes, seen from another one. Inside: the last of the pages below it."""

    BEFORE = "before"
    AFTER = "after"
    INSIDE = "inside"


class ListChanged(Exception):
    """The pages are no longer where the person saw them who moves one."""


@transaction.atomic
def move(page: Page, target: Page, side: Side, *, seen: Mapping[int, str]) -> Page:
    """Moves a page of the current site, and all pages below it. The number of statements depends on neither.

    `seen` is what `Place.neighbours` was for these pages, by their keys, when the person saw them. Raises `ListChanged`
    if it is something else now, and `ValidationError` for a place where the page cannot be.
    """
    # Before anything is read: another person's move is complete, or has not begun.
    lock_site()
    found = places(Page.objects.filter(pk__in=seen), most=len(seen))
    if {place.key: place.neighbours for place in found} != seen:
        raise ListChanged
    page, target = Page.objects.get(pk=page.pk).as_kind(), Page.objects.get(pk=target.pk)
    if page.path == HOME and (side is Side.INSIDE or target.parent_id is not None):
        raise ValidationError({"parent": _("The home page stays at the top. Give it a slug first.")})
    if side is Side.INSIDE:
        page.parent = target
        page.position = last_position(page)
    else:
        page.parent = target.parent
        if page.pk != target.pk:
            page.position = _make_room(page, target) + (1 if side is Side.AFTER else -1)
    page.clean_place()
    refuse_address_of_another(page)
    page.save(update_fields={"parent", "position"})
    return page


def _make_room(page: Page, target: Page) -> int:
    """The position of the target, after which and before which a number is free."""
    with connection.cursor() as cursor:
        cursor.execute(RENUMBER, [current_site().id, target.parent_id or 0, page.pk])
    target.refresh_from_db(fields=["position"])
    return target.position
