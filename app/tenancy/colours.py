"""A site's colour in templates, and text colours that are readable on it (WCAG 2.2, contrast).

What only decorates never raises: a stored value that is not a colour counts as no colour.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

DARK, LIGHT = "#000000", "#ffffff"
# At this luminance black and white have the same contrast, 4.58 : 1; the minimum is 4.5 : 1.
MIDDLE = 0.179
#: A colour that is made readable has 4.5 : 1 on every background from white to the light ground, or from black to
#: the dark one.
LIGHT_GROUND, DARK_GROUND = "#f0f0f0", "#262a30"
MIN_CONTRAST = 4.5
STEPS = 64
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


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def readable_on(colour: str, ground: str) -> str:
    """The colour, or the nearest darker or lighter one of its hue that has a contrast of 4.5 : 1 on the ground."""
    target = contrasting_colour(ground)
    mixed = (_mixed(colour, target, step / STEPS) for step in range(STEPS + 1))
    return next(found for found in mixed if contrast(found, ground) >= MIN_CONTRAST)


def too_faint(value: Any) -> dict[str, str]:
    """The backgrounds, "light" and "dark", on which a colour cannot be read, and the one that takes its place there."""
    colour = css_colour(value).lower()
    grounds = {"light": LIGHT_GROUND, "dark": DARK_GROUND} if colour else {}
    found = {name: readable_on(colour, ground) for name, ground in grounds.items()}
    return {name: mended for name, mended in found.items() if mended != colour}


def site_dot(value: Any) -> SafeString:
    """A dot in a site's colour. The colour is an attribute of SVG: the policy of the pages allows no `style`."""
    circle = '<svg class="site-dot" viewBox="0 0 2 2" aria-hidden="true"><circle cx="1" cy="1" r="1"{}/></svg>'
    colour = css_colour(value)
    return format_html(circle, format_html(' fill="{}"', colour) if colour else "")


def _mixed(colour: str, target: str, part: float) -> str:
    channels = ((int(colour[at : at + 2], 16), int(target[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(own + (other - own) * part):02x}" for own, other in channels)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
