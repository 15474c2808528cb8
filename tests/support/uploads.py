"""Files to upload: real ones, and such as nobody should."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from app.media.models import MediaFile
from app.tenancy.current import use_site


def picture(width: int = 800, height: int = 600, kind: str = "JPEG", mode: str = "RGB", **saved: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    written = BytesIO()
    image.convert(mode).save(written, format=kind, **saved)
    return written.getvalue()


def animation(frames: int = 3, width: int = 20, height: int = 10, kind: str = "GIF") -> bytes:
    pictures = [Image.new("RGB", (width, height), (number * 7 % 256, number % 256, 0)) for number in range(frames)]
    written = BytesIO()
    pictures[0].save(written, format=kind, save_all=True, append_images=pictures[1:], duration=50, loop=0)
    return written.getvalue()


def archive(**parts: str) -> bytes:
    """A zip file; `_` in the name of a part stands for a slash."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name.replace("_", "/").replace("/xml", ".xml"), text)
    return written.getvalue()


def uploaded(content: bytes, name: str = "bridge.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def media_file(site: Site, content: bytes | None = None, name: str = "Red bridge.jpg", **values: Any) -> MediaFile:
    """A file of the site; by default a picture."""
    with use_site(site):
        made = MediaFile(file=uploaded(picture() if content is None else content, name), **values)
        made.save()
        return made


def growing_gif(width: int, height: int, frames: int = 2, disposal: int = 0) -> bytes:
    """A GIF of 10 × 10 pixels whose later frames have another size."""

    def body(image: Image.Image) -> tuple[bytes, bytes]:
        written = BytesIO()
        image.save(written, format="GIF")
        whole = written.getvalue()
        head = 13 + (3 << ((whole[10] & 7) + 1) if whole[10] & 128 else 0)
        return whole[:head], whole[head:-1]

    start, first = body(Image.new("L", (10, 10)))
    _, later = body(Image.new("L", (width, height)))
    control = b"\x21\xf9\x04" + bytes([disposal << 2, 5, 0, 0]) + b"\0"
    return start + first + (control + later) * frames + b";"


def photo_with_another(behind: bytes) -> bytes:
    """A JPEG with another picture behind it, as some cameras write it (MPO)."""
    written = BytesIO()
    with Image.open(BytesIO(behind)) as second:
        Image.new("RGB", (800, 600), "red").save(written, format="MPO", save_all=True, append_images=[second])
    return written.getvalue()


def repeated_scans(times: int, width: int = 400, height: int = 300) -> bytes:
    """A progressive JPEG whose last scan is there several times."""
    whole = picture(width, height, progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * times + whole[-2:]
