"""A site's colour in templates, and text colours that are readable on it (WCAG 2.2, contrast).

What only decorates never raises: a stored value that is not a colour counts as no colour.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

DARK, LIGHT = "#000000", "#ffffff"
# At this luminance black and white have the same contrast, 4.58 : 1; the minimum is 4.5 : 1.
MIDDLE = 0.179
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def css_colour(value: Any) -> str:
    """The value if it is a colour such as `#1f6f5c`, otherwise an empty string."""
    return value if isinstance(value, str) and _COLOUR.fullmatch(value) else ""


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasting_colour(value: Any) -> str:
    """Black or white: the one with the higher contrast on `#rrggbb`. Empty if the value is not a colour."""
    colour = css_colour(value)
    if not colour:
        return ""
    return DARK if luminance(colour) > MIDDLE else LIGHT


def site_dot(value: Any) -> SafeString:
    """A dot in a site's colour. The colour is an attribute of SVG: the policy of the pages allows no `style`."""
    circle = '<svg class="site-dot" viewBox="0 0 2 2" aria-hidden="true"><circle cx="1" cy="1" r="1"{}/></svg>'
    colour = css_colour(value)
    return format_html(circle, format_html(' fill="{}"', colour) if colour else "")


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
