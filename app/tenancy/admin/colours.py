"""Text colours that are readable on a site's colour (WCAG 2.2, contrast)."""

from __future__ import annotations

DARK, LIGHT = "#000000", "#ffffff"
# At this luminance black and white have the same contrast, 4.58 : 1; the minimum is 4.5 : 1.
MIDDLE = 0.179


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasting_colour(colour: str) -> str:
    """Black or white: the one with the higher contrast on `#rrggbb`."""
    return DARK if luminance(colour) > MIDDLE else LIGHT


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
