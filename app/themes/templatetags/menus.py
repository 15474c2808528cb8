from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template import Context

from app.themes.menus import entries_at

register = template.Library()


@register.simple_tag(takes_context=True)
def menu(context: Context, place: str) -> Sequence[object]:
    """`{% menu "footer" as entries %}`: the entries of the site's menu at a place of its theme.

    Each has `title`, `url`, `is_current`, `is_open`, `opens_elsewhere` and `children`, which are entries. Without a
    menu at `header` these are the pages that are shown in menus; any other place is empty then. Costs no query until
    the content changes. `{% cached_by_content "footer" entries.place %}` keeps what a theme makes of them.
    """
    request = context.get("request")
    return entries_at(place, request.path if request is not None else "")
