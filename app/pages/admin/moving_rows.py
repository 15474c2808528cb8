"""Rows of a tree that are moved in a list, by dragging or by buttons: for pages, and for entries of menus."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from app.pages.moving import Side
from app.pages.tree_order import Place

#: The id of the form outside the list that the buttons of the rows belong to.
FORM = "page-move"
OK = 200
PARTS = 4


class Outcome(NamedTuple):
    status: int
    text: str


class Move(NamedTuple):
    """What a button or a script sends: the key of a row, where it goes, and the key of the other row.

    `seen` has what `Place.neighbours` was for the first one and, where the list showed it, for the second.
    """

    key: str
    side: Side
    other: str
    seen: list[str]


def read_move(value: str) -> Move:
    """Raises `Http404` for anything else."""
    parts = value.split()
    if not PARTS <= len(parts) <= PARTS + 1 or parts[1] not in list(Side):
        raise Http404
    return Move(parts[0], Side(parts[1]), parts[2], parts[3:])


def reply(request: HttpRequest, outcome: Outcome, address: str) -> HttpResponse:
    """The outcome is a message of the list. A script gets it as JSON, with the status 200, 400, 403 or 409."""
    messages.add_message(request, messages.SUCCESS if outcome.status == OK else messages.ERROR, outcome.text)
    if request.accepts("text/html"):
        return HttpResponseRedirect(address)
    return JsonResponse({"message": outcome.text}, status=outcome.status)


def list_changed() -> Outcome:
    text = _("Nothing was moved: somebody else has changed this part of the tree. This is the list as it is now.")
    return Outcome(409, text)


def moved(side: Side, title: str, other: str) -> Outcome:
    texts = {
        Side.BEFORE: _("“%(page)s” is now before “%(other)s”."),
        Side.AFTER: _("“%(page)s” is now after “%(other)s”."),
        Side.INSIDE: _("“%(page)s” is now below “%(other)s”."),
    }
    return Outcome(OK, texts[side] % {"page": title, "other": other})


def handle(key: int, title: str, place: Place, *, move_in: str, move_out: str) -> SafeString:
    """What a row is dragged by. As a button, it shows the moves that are possible from here."""
    offered = (
        (_("Up"), _("Move up"), Side.BEFORE, place.previous_id),
        (_("Down"), _("Move down"), Side.AFTER, place.next_id),
        (_("In"), move_in, Side.INSIDE, place.previous_id),
        (_("Out"), move_out, Side.AFTER, place.parent_id),
    )
    # Keys, words and numbers: nothing to escape, and there are hundreds of these in a list.
    buttons = "".join(
        f'<button type="submit" form="{FORM}" name="move" value="{key} {side} {other} {place.neighbours}" '
        f'title="{title}" aria-label="{title}">{text}</button>'
        for text, title, side, other in offered
        if other is not None
    )
    return format_html(
        '<details class="page-move" data-page="{}" data-depth="{}" data-seen="{}"><summary title="{}" aria-label="{}">'
        "</summary><div>{}</div></details>",
        key,
        place.depth,
        place.neighbours,
        _("Drag to move, or press for more ways"),
        _("Move “%s”") % title,
        SafeString(buttons),
    )


def row_beside(key: int, place: Place) -> SafeString:
    """For a row that a person may not move: others are dragged before, after and below it."""
    return format_html(
        '<span data-page="{}" data-depth="{}" data-seen="{}"></span>', key, place.depth, place.neighbours
    )
