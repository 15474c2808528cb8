"""How the file of a picture is built: read before anything of it is decoded, because decoding is what costs."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

#: In a JPEG's coded data 0xFF is followed by 0, or by one of the codes for a restart: what else follows is a marker.
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd7]")
_END_OF_PICTURE, _START_OF_SCAN = 0xD9, 0xDA
_LENGTH = struct.Struct(">H")
_BLOCK_OF_GIF = re.compile(rb"[!,;]")
_SCREEN = struct.Struct("<2H")
_PLACE = struct.Struct("<4HB")
_COMMENT, _APPLICATION = 254, 255


def scans_of_jpeg(data: bytes) -> Iterator[int]:
    """The place of each scan. A progressive JPEG has several, and each is decoded over the whole picture.

    Raises `struct.error` for a file that ends within a header.
    """
    at = 2
    while (found := _MARKER.search(data, at)) is not None and data[found.end() - 1] != _END_OF_PICTURE:
        if data[found.end() - 1] == _START_OF_SCAN:
            yield found.start()
        at = found.end() + _LENGTH.unpack_from(data, found.end())[0]


def frames_of_gif(data: bytes) -> Iterator[tuple[int, int]]:
    """The width and height that each frame needs, from the corner of the picture. The first may enlarge the picture.

    It walks through the file exactly as Pillow does, which must not find other frames. Raises `IndexError` or
    `struct.error` for a file that ends within a frame's header.
    """
    width, height = _SCREEN.unpack_from(data, 6)
    at, number = 13 + _palette_size(data[10]), 0
    while (found := _BLOCK_OF_GIF.search(data, at)) is not None and found[0] != b";":
        at = found.end()
        if found[0] == b",":
            left, top, wide, high, flags = _PLACE.unpack_from(data, at)
            width, height = (max(width, left + wide), max(height, top + high)) if number == 0 else (width, height)
            yield (width, height) if number == 0 else (left + wide, top + high)
            number += 1
            at = _after_parts(data, at + _PLACE.size + _palette_size(flags) + 1)
            continue
        label, at = data[at], at + 1
        start, length = at + 1, data[at] if at < len(data) else 0
        at = start + length
        if label == _COMMENT:
            at = _after_parts(data, at) if length else at
            continue
        if label == _APPLICATION and number == 0 and data[start:at].startswith(b"NETSCAPE2.0"):
            at += 1 + (data[at] if at < len(data) else 0)
        at = _after_parts(data, at)


def _palette_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 128 else 0


def _after_parts(data: bytes, at: int) -> int:
    """Where the parts of a block end: each begins with its length, and the last one has none."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
