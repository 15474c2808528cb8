from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from app.publishing.links.following import with_present_addresses

register = template.Library()


@register.filter
def rich_text(html: str) -> SafeString:
    """`{{ page.body|rich_text }}`: the text of a `RichTextField`, with links that lead where pages are now."""
    # SECURITY: only for what such a field has stored, which was sanitised.
    return mark_safe(with_present_addresses(html))  # noqa: S308
