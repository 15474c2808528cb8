"""Moving a page in the list: by dragging it, or by the buttons of its row, which work without scripts too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from app.pages.admin.addresses import LIST, address_of, page_with_key
from app.pages.admin.moving_rows import Outcome, list_changed, moved, read_move, reply
from app.pages.kinds import kind_of
from app.pages.models import Page
from app.pages.moving import ListChanged, Side, move

if TYPE_CHECKING:
    from app.pages.admin.page_list import PageAdmin


def move_page(admin: PageAdmin, request: HttpRequest) -> HttpResponse:
    """Moves the page that the value `move` names, and replies."""
    page, side, target, seen = _read(request.POST.get("move", ""))
    outcome = _refused(admin, request, page, target, side) or _moved(admin, request, page, target, side, seen)
    query = request.META.get("QUERY_STRING", "")
    return reply(request, outcome, reverse(LIST) + ("?" if query else "") + query)


def _read(value: str) -> tuple[Page, Side, Page, Mapping[int, str]]:
    """Raises `Http404` for anything but two pages of the current site."""
    sent = read_move(value)
    page, target = page_with_key(sent.key), page_with_key(sent.other)
    if page is None or target is None:
        raise Http404
    return page, sent.side, target, dict(zip((page.pk, target.pk), sent.seen, strict=False))


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
        row = move(page, target, side, seen=seen)
    except ListChanged:
        return list_changed()
    except ValidationError as error:
        return Outcome(400, format_html("{} {}", _("Nothing was moved."), _explained(error)))
    admin.admin_of(kind_of(page)).log_change(request, row, [{"changed": {"fields": ["Parent", "Position"]}}])
    return moved(side, page.title, target.title)


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
