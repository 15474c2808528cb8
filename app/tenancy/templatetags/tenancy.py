from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.tenancy.admin.admin_site import OPENED_UNDER
from app.tenancy.colours import css_colour, site_dot
from app.tenancy.headers import inline_styles

register = template.Library()

register.filter("css_colour", css_colour)
register.filter("site_dot", site_dot)


@register.inclusion_tag("tenancy/preview_bar.html", takes_context=True)
def preview_bar(context: Context) -> dict[str, Any]:
    """A bar for an editor who sees a site under another site's address. Empty for visitors."""
    site = context.get("site")
    shown = site if site is not None and site.source == "session" else None
    return {
        "site": shown,
        "host_site": context.get("host_site"),
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }


@register.simple_tag(takes_context=True)
def site_colours(context: Context) -> SafeString:
    """The colour of the current site as the custom properties `--site` and `--site-ink`, if it has one."""
    site = context.get("site")
    style = inline_styles.colours(site.colour) if site is not None else ""
    return format_html("<style>{}</style>", SafeString(style)) if style else SafeString()


@register.simple_tag
def notice_style() -> SafeString:
    """The style of the platform's small pages."""
    return format_html("<style>{}</style>", SafeString(inline_styles.NOTICE))


@register.simple_tag(takes_context=True)
def opened_under(context: Context) -> SafeString:
    """A hidden field for every form of the admin: submitted under another site, the form is refused."""
    return format_html('<input type="hidden" name="{}" value="{}">', OPENED_UNDER, context["site"].id)
