from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.tenancy.admin.admin_site import OPENED_UNDER
from app.tenancy.admin.colours import contrasting_colour, css_colour

register = template.Library()

register.filter("contrasting_colour", contrasting_colour)
register.filter("css_colour", css_colour)


@register.inclusion_tag("tenancy/preview_bar.html", takes_context=True)
def preview_bar(context: Context) -> dict[str, Any]:
    """A bar for an editor who sees a site under another site's address. Empty for visitors."""
    site = context.get("site")
    shown = site if site is not None and site.source == "session" else None
    return {
        "shown": shown,
        "host_site": context.get("host_site"),
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }


@register.simple_tag(takes_context=True)
def opened_under(context: Context) -> SafeString:
    """A hidden field for every form of the admin: submitted under another site, the form is refused."""
    return format_html('<input type="hidden" name="{}" value="{}">', OPENED_UNDER, context["site"].id)
