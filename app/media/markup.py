"""Pictures in sanitised HTML, with all their sizes: browsers load the smallest that is sharp enough."""

from __future__ import annotations

import re
from html import unescape

from django.utils.html import escape

from app.media.names import read_picture

#: As the sanitiser writes it: no attribute's value contains a quotation mark.
_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
#: Themes set a text about this wide.
SIZES = "auto, (min-width: 46rem) 44rem, 100vw"


def with_renditions(html: str) -> str:
    """Sanitised HTML whose pictures have `srcset`, WebP, width and height. Other pictures are removed.

    All of it follows from the address of a picture; nothing is read.
    """
    return _IMAGE.sub(lambda match: markup_of(*_read(match[1])), html)


def markup_of(src: str = "", alt: str = "", *, sizes: str = SIZES, is_first: bool = False) -> str:
    """The elements of one picture of the current site; empty for another address.

    `sizes` says how wide a theme shows it. `is_first`: it is seen before anybody scrolls, so it is loaded first.
    """
    picture = read_picture(src)
    if picture is None:
        return ""
    loading = 'fetchpriority="high"' if is_first else 'loading="lazy" decoding="async"'
    start = (
        f'<img src="{picture.address}" alt="{escape(alt)}" width="{picture.width}" height="{picture.height}" {loading}'
    )
    srcset = picture.srcset()
    # Only of a picture that is loaded late does a browser know the width by itself.
    sizes = f' sizes="{escape(sizes.removeprefix("auto, ") if is_first else sizes)}"' if srcset else ""
    image = f'{start} srcset="{srcset}"{sizes}>' if srcset else f"{start}>"
    if picture.extension == "webp":
        return image
    webp = picture.srcset("webp") or picture.sized_address(extension="webp")
    return f'<picture><source type="image/webp" srcset="{webp}"{sizes}>{image}</picture>'


def _read(attributes: str) -> tuple[str, str]:
    """The address and the alternative text."""
    found = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    return found.get("src", ""), found.get("alt", "")
