"""Tags for the templates of pages. Each renders a template, which a theme may replace."""

from __future__ import annotations

from collections.abc import Callable

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.pages import navigation
from app.pages.models import Page

register = template.Library()


@register.simple_tag(takes_context=True)
def breadcrumbs(context: Context) -> SafeString:
    """The way from the home page to `page`. Nothing for a page at the top. Costs no query until the content changes."""
    return _rendered("pages/breadcrumbs.html", context, navigation.breadcrumbs)


@register.simple_tag(takes_context=True)
def child_pages(context: Context) -> SafeString:
    """A list of the pages directly below `page`. Costs no query until the content changes."""
    return _rendered("pages/child_pages.html", context, navigation.child_pages)


@register.simple_tag(takes_context=True)
def section_menu(context: Context) -> list[navigation.Entry]:
    """The page above `page`, and the pages beside it: each with `title`, `path`, and `is_open` for `page` itself. Empty
    for a page at the top. Costs no query until the content changes."""
    page = context.get("page")
    return navigation.section(page) if isinstance(page, Page) else []


def _rendered(name: str, context: Context, load: Callable[[Page], list[navigation.Entry]]) -> SafeString:
    page = context.get("page")
    entries = load(page) if isinstance(page, Page) else []
    return render_to_string(name, {"page": page, "entries": entries}) if entries else SafeString()
