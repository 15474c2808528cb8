from __future__ import annotations

from django import template
from django.templatetags.static import static

from app.themes.catalogue import current_theme

register = template.Library()


@register.simple_tag
def theme_static(path: str) -> str:
    """The URL of a file of the current site's theme, or of the nearest ancestor that has it.

    Raises `TemplateSyntaxError` if none has it.
    """
    theme = current_theme()
    name = theme.static_name(path)
    if name is None:
        searched = ", ".join(f"{each.name}/static/{each.name}/" for each in theme.chain)
        raise template.TemplateSyntaxError(f"There is no static file {path!r} in {searched}.")
    return static(name)
