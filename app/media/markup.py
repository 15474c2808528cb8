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
    return _IMAGE.sub(lambda match: markup_of(**_read(match[1])), html)


def markup_of(src: str = "", alt: str = "") -> str:
    """The elements of one picture of the current site; empty for another address."""
    picture = read_picture(src)
    if picture is None:
        return ""
    size = f'width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async"'
    start = f'<img src="{picture.address}" alt="{escape(alt)}" {size}'
    srcset = picture.srcset()
    image = f'{start} srcset="{srcset}" sizes="{SIZES}">' if srcset else f"{start}>"
    if picture.extension == "webp":
        return image
    webp = picture.srcset("webp") or picture.sized_address(extension="webp")
    sizes = f' sizes="{SIZES}"' if srcset else ""
    return f'<picture><source type="image/webp" srcset="{webp}"{sizes}>{image}</picture>'


def _read(attributes: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes) if name in ("src", "alt")}
