"""Names of stored files, and their addresses. The address alone says which renditions of a picture there are.

`sites/<site>/public/<key>/<name>` is served as `/media/<key>/<name>` on that site only: an address names no site, so it
cannot name another one. Files in `private` are served as `/media/private/<key>/<name>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Of the content and of chance: two files never have one key, and nobody can guess it.
KEY = "[0-9a-f]{32}"
NAME = r"[a-z0-9][a-z0-9.-]{0,99}"
#: Widths in which a picture is stored, beside its own.
WIDTHS = (320, 640, 1024, 1600)
#: A still picture; `-animated` in its name says that it has no other widths.
_PICTURE = re.compile(
    rf"/media/(?P<key>{KEY})/(?P<slug>[a-z0-9-]{{1,60}}?)-(?P<width>[1-9]\d{{0,4}})x(?P<height>[1-9]\d{{0,4}})"
    r"(?P<animated>-animated)?\.(?P<extension>jpg|png|gif|webp)"
)


@dataclass(frozen=True, slots=True)
class PictureName:
    """A public picture as its address describes it."""

    key: str
    slug: str
    width: int
    height: int
    extension: str
    is_animated: bool = False

    @property
    def address(self) -> str:
        return self.sized_address()

    def sized_address(self, size: tuple[int, int] | None = None, extension: str = "") -> str:
        return f"/media/{self.key}/{self.file_name(size, extension)}"

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Width and height of every rendition, the smallest first and the full size last."""
        smaller = [] if self.is_animated else [width for width in WIDTHS if width < self.width]
        return [(width, max(1, round(self.height * width / self.width))) for width in smaller] + [
            (self.width, self.height)
        ]

    def file_name(self, size: tuple[int, int] | None = None, extension: str = "") -> str:
        width, height = size or (self.width, self.height)
        animated = "-animated" if self.is_animated else ""
        return f"{self.slug}-{width}x{height}{animated}.{extension or self.extension}"

    def srcset(self, extension: str = "") -> str:
        """The value of the attribute `srcset`; empty if there is one size only."""
        if len(self.sizes) < 2:
            return ""
        return ", ".join(f"{self.sized_address(size, extension)} {size[0]}w" for size in self.sizes)


def read_picture(address: str) -> PictureName | None:
    """The picture at an address of the current site; None for any other address."""
    match = _PICTURE.fullmatch(address)
    if match is None:
        return None
    size = int(match["width"]), int(match["height"])
    return PictureName(match["key"], match["slug"], *size, match["extension"], bool(match["animated"]))


def folder_of(site_id: int, key: str, *, is_private: bool) -> str:
    return f"sites/{site_id}/{'private' if is_private else 'public'}/{key}"


def address_of(stored: str) -> str:
    """The address of a stored file, by its name in the storage."""
    _sites, _site, area, key, name = stored.split("/")
    return f"/media/{key}/{name}" if area == "public" else f"/media/private/{key}/{name}"
