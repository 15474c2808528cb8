"""Moving a page in the list: by dragging it, or by the buttons of its row, which work without scripts too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from app.pages.admin.addresses import LIST, address_of, page_with_key
from app.pages.kinds import kind_of
from app.pages.models import Page
from app.pages.moving import ListChanged, Side, move
from app.pages.tree_order import Place

if TYPE_CHECKING:
    from app.pages.admin.page_list import PageAdmin

#: The id of the form outside the list that the buttons of the rows belong to.
FORM = "page-move"
PARTS = 4


class Outcome(NamedTuple):
    status: int
    text: str


def move_page(admin: PageAdmin, request: HttpRequest) -> HttpResponse:
    """`move`: the key of the page, before, after or inside, the key of the other page, and what `Place.neighbours` was
    for the first one and, where the list showed it, for the second.

    The outcome is a message of the list. A script gets it as JSON, with the status 200, 400, 403 or 409.
    """
    page, side, target, seen = _read(request.POST.get("move", ""))
    outcome = _refused(admin, request, page, target, side) or _moved(admin, request, page, target, side, seen)
    messages.add_message(request, messages.SUCCESS if outcome.status == OK else messages.ERROR, outcome.text)
    if request.accepts("text/html"):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(reverse(LIST) + ("?" if query else "") + query)
    return JsonResponse({"message": outcome.text}, status=outcome.status)


OK = 200


def _read(value: str) -> tuple[Page, Side, Page, Mapping[int, str]]:
    """Raises `Http404` for anything but two pages of the current site."""
    parts = value.split()
    if not PARTS <= len(parts) <= PARTS + 1 or parts[1] not in list(Side):
        raise Http404
    page, target = page_with_key(parts[0]), page_with_key(parts[2])
    if page is None or target is None:
        raise Http404
    return page, Side(parts[1]), target, dict(zip((page.pk, target.pk), parts[3:], strict=False))


def _refused(admin: PageAdmin, request: HttpRequest, page: Page, target: Page, side: Side) -> Outcome | None:
    form = admin.admin_of(kind_of(page))
    stays = side is not Side.INSIDE and page.parent_id == target.parent_id
    # SECURITY: the rights that the forms of both pages ask for.
    if form.has_change_permission(request, page) and (stays or form.may_move(request, page)):
        page = target
        if admin.admin_of(kind_of(target)).has_change_permission(request):
            return None
    return Outcome(403, _("Nothing was moved: you may not move “%s”.") % page.title)


def _moved(
    admin: PageAdmin, request: HttpRequest, page: Page, target: Page, side: Side, seen: Mapping[int, str]
) -> Outcome:
    try:
        moved = move(page, target, side, seen=seen)
    except ListChanged:
        text = _("Nothing was moved: somebody else has changed this part of the tree. This is the list as it is now.")
        return Outcome(409, text)
    except ValidationError as error:
        return Outcome(400, format_html("{} {}", _("Nothing was moved."), _explained(error)))
    admin.admin_of(kind_of(page)).log_change(request, moved, [{"changed": {"fields": ["Parent", "Position"]}}])
    texts = {
        Side.BEFORE: _("“%(page)s” is now before “%(other)s”."),
        Side.AFTER: _("“%(page)s” is now after “%(other)s”."),
        Side.INSIDE: _("“%(page)s” is now below “%(other)s”."),
    }
    return Outcome(OK, texts[side] % {"page": page.title, "other": target.title})


def _explained(error: ValidationError) -> SafeString:
    """The messages, with a link to a page that is in the way."""
    faults = [fault for faults in error.error_dict.values() for fault in faults]
    others = [fault.params["page"] for fault in faults if fault.code == "taken" and fault.params]
    text = format_html_join(" ", "{}", ((message,) for message in error.messages))
    links = format_html_join(
        "",
        ' <a href="{}">{}</a>',
        ((address_of("change", kind_of(other), str(other.pk)), _("Open “%s”") % other.title) for other in others),
    )
    return format_html("{}{}", text, links)


def handle(page: Page, place: Place) -> SafeString:
    """What a row is dragged by. As a button, it shows the moves that are possible from here."""
    offered = (
        (_("Up"), _("Move up"), Side.BEFORE, place.previous_id),
        (_("Down"), _("Move down"), Side.AFTER, place.next_id),
        (_("In"), _("Move in, below the page before"), Side.INSIDE, place.previous_id),
        (_("Out"), _("Move out, after the page above"), Side.AFTER, place.parent_id),
    )
    # Keys, words and numbers: nothing to escape, and there are hundreds of these in a list.
    buttons = "".join(
        f'<button type="submit" form="{FORM}" name="move" value="{page.pk} {side} {key} {place.neighbours}" '
        f'title="{title}" aria-label="{title}">{text}</button>'
        for text, title, side, key in offered
        if key is not None
    )
    return format_html(
        '<details class="page-move" data-page="{}" data-depth="{}" data-seen="{}"><summary title="{}" aria-label="{}">'
        "</summary><div>{}</div></details>",
        page.pk,
        place.depth,
        place.neighbours,
        _("Drag to move, or press for more ways"),
        _("Move “%s”") % page.title,
        SafeString(buttons),
    )


def row_beside(page: Page, place: Place) -> SafeString:
    """For a row that a person may not move: others are dragged before, after and below it."""
    return format_html(
        '<span data-page="{}" data-depth="{}" data-seen="{}"></span>', page.pk, place.depth, place.neighbours
    )
