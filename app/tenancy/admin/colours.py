"""What can be read on a site's colour (WCAG 2.2, contrast)."""

from __future__ import annotations

DARK, LIGHT = "#000000", "#ffffff"
# At this luminance black and white are equally far away: either has 4.58 : 1, and 4.5 : 1 is asked for.
MIDDLE = 0.179


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on `#rrggbb`."""
    return DARK if luminance(colour) > MIDDLE else LIGHT


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
