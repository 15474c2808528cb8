"""Tags for the templates of pages. Each includes a template, which a theme may replace."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from app.pages import navigation

register = template.Library()


@register.inclusion_tag("pages/breadcrumbs.html", takes_context=True)
def breadcrumbs(context: Context) -> dict[str, Any]:
    """The way from the home page to `page`. Nothing for a page at the top. Costs no query until the content changes."""
    page = context.get("page")
    return {"page": page, "entries": navigation.breadcrumbs(page) if page is not None else []}


@register.inclusion_tag("pages/child_pages.html", takes_context=True)
def child_pages(context: Context) -> dict[str, Any]:
    """A list of the pages directly below `page`. Costs no query until the content changes."""
    page = context.get("page")
    return {"page": page, "entries": navigation.child_pages(page) if page is not None else []}
