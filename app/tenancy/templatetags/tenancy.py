from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.contrib import admin
from django.db.models.options import Options
from django.forms import BoundField
from django.forms.utils import flatatt
from django.template import Context
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from app.tenancy.admin.admin_site import OPENED_UNDER
from app.tenancy.admin.plain_words import rows_name
from app.tenancy.colours import css_colour, site_dot
from app.tenancy.content_cache import cached_by_content
from app.tenancy.headers import inline_styles
from app.tenancy.requests.tenancy import Tenancy
from app.tenancy.sites.themes import theme_of
from app.tenancy.sites.values.analytics import script_of
from app.tenancy.sites.values.shown import analytics_of

register = template.Library()
NOINDEX = SafeString('<meta name="robots" content="noindex">')

register.filter("css_colour", css_colour)
register.filter("site_dot", site_dot)


@register.simple_tag
def rows_title(opts: Options[Any]) -> str:
    """The name of a model's rows in the admin."""
    return rows_name(admin.site._registry[opts.model])


@register.simple_tag
def named_field(field: BoundField) -> SafeString:
    """A field of a form whose label stands at the top of a column: with its name for screen readers."""
    return field.as_widget(attrs={"aria-label": str(field.label)})


@register.simple_tag(takes_context=True)
def preview_bar(context: Context) -> SafeString:
    """A bar for who sees a site under another site's address, or the preview of a theme or of a page, and a link to
    the form of a page for who may change it. Empty for visitors."""
    site, request = context.get("site"), context.get("request")
    tenancy: Tenancy | None = getattr(request, "tenancy", None)  # absent in `themes check`
    if tenancy is not None and tenancy.row_preview is not None:
        return render_to_string("tenancy/row_preview_bar.html", {"until": tenancy.row_preview.until}, request=request)
    edit_link = SafeString()
    if tenancy is not None and tenancy.edit_address:
        edit_link = render_to_string("tenancy/edit_link.html", {"address": tenancy.edit_address}, request=request)
    if site is None or site.source != "session":
        return edit_link
    preview = tenancy.theme_preview if tenancy is not None else None
    values = {"site": site, "theme_preview": preview, "theme_title": theme_of(site.theme).title}
    return render_to_string("tenancy/preview_bar.html", values, request=request) + edit_link


@register.simple_tag(takes_context=True)
def site_colours(context: Context) -> SafeString:
    """The colour of the current site, if it has one, as the custom properties `--site`, `--site-ink`, `--site-on-light`
    and `--site-on-dark`; the options of its theme as `--option-NAME`. On the preview of a page also that no search
    engine may list it."""
    site, tenancy = context.get("site"), getattr(context.get("request"), "tenancy", None)
    style = inline_styles.of_site(site) if site is not None else ""
    written = format_html("<style>{}</style>", SafeString(style)) if style else SafeString()
    is_preview = tenancy is not None and tenancy.row_preview is not None
    return NOINDEX + written if is_preview else written


@register.simple_tag(takes_context=True)
def analytics(context: Context) -> SafeString:
    """The script of the site's analytics. Empty in a preview, and for a person who is signed in."""
    request = context.get("request")
    tenancy: Tenancy | None = getattr(request, "tenancy", None)
    if request is None or tenancy is None or tenancy.site.source != "host" or tenancy.row_preview is not None:
        return SafeString()
    script = script_of(analytics_of(tenancy.site.settings))
    if script is None or (settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated):
        return SafeString()
    src = static(script.src.removeprefix("static:")) if script.src.startswith("static:") else script.src
    attributes = {"src": src, "async" if script.is_async else "defer": True, **script.attributes}
    return format_html("<script{}></script>", flatatt(attributes))


@register.simple_tag
def notice_style() -> SafeString:
    """The style of the platform's small pages."""
    return format_html("<style>{}</style>", SafeString(inline_styles.NOTICE))


@register.simple_tag(takes_context=True)
def opened_under(context: Context) -> SafeString:
    """A hidden field for every form of the admin: submitted under another site, the form is refused."""
    return format_html('<input type="hidden" name="{}" value="{}">', OPENED_UNDER, context["site"].id)


class CachedNode(template.Node):
    def __init__(self, nodelist: NodeList, name: str, varies: list[FilterExpression]) -> None:
        self.nodelist, self.name, self.varies = nodelist, name, varies

    def render(self, context: Context) -> SafeString:
        place = [self.origin.template_name, self.name, *(value.resolve(context) for value in self.varies)]
        if settings.DEBUG:
            return self.nodelist.render(context)  # an edit of a template is seen
        # What was rendered is escaped already.
        return mark_safe(cached_by_content(repr(place), lambda: self.nodelist.render(context)))  # noqa: S308


@register.tag("cached_by_content")
def cached(parser: Parser, token: Token) -> CachedNode:
    """`{% cached_by_content "menu" value ... %} ... {% endcached_by_content %}`: rendered again when the site changes.

    The name is unique in its template. The rest is kept for each combination of the values: few, and never something
    that a visitor chooses, such as the path. What is inside must not depend on who the visitor is.
    """
    _, *arguments = token.split_contents()
    if not arguments or arguments[0][0] not in "\"'":
        raise template.TemplateSyntaxError(f"{token.contents.split()[0]} needs a name in quotes first.")
    nodelist = parser.parse(("endcached_by_content",))
    parser.delete_first_token()
    return CachedNode(nodelist, arguments[0][1:-1], [parser.compile_filter(argument) for argument in arguments[1:]])
