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
