"""`logo` in the settings of a site: a public picture of its media library, by its address.

The address says how large the picture is, so a page that shows it takes no query.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from app.media.names import read_picture
from app.tenancy.sites.values.checks import clean_map, clean_text
from app.tenancy.sites.values.shown import Logo

#: Twice the width in which a theme shows a logo at most; a wider one is shown from its rendition.
WIDEST = 640
#: The longer side of a logo that makes an icon is at most this many times the shorter one.
SQUARE = 1.25
LONGEST_ALT = 300


def clean_logo(raw: Any) -> dict[str, str]:
    """`url` and, if it has one, `alt`. An address alone is taken too. Raises `ValidationError`."""
    given = clean_map({"url": raw} if isinstance(raw, str) else raw, ("url", "alt"))
    url, alt = clean_text(given.get("url", ""), 500), clean_text(given.get("alt", ""), LONGEST_ALT)
    if not url:
        return {}
    if read_picture(url) is None:
        raise ValidationError(
            "must be the address of a public picture of the site's media library, such as /media/KEY/NAME-640x200.png."
        )
    return {"url": url, **({"alt": alt} if alt else {})}


def shown_logo(clean: dict[str, str]) -> Logo | None:
    picture = read_picture(clean["url"])
    if picture is None:
        return None
    fitting = [size for size in picture.sizes if size[0] <= WIDEST]
    width, height = fitting[-1] if fitting else picture.sizes[0]
    is_square = max(width, height) <= SQUARE * min(width, height)
    icon = picture.sized_address(picture.sizes[0]) if is_square else ""
    return Logo(picture.sized_address((width, height)), width, height, clean.get("alt", ""), icon)
