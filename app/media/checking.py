"""An upload is checked, and pictures are rendered, before anything is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from app.media import pictures
from app.media.content import PICTURE, type_of

LONGEST_SLUG = 60
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upload that was checked: the names and contents of what will be stored, the main file first."""

    kind: str
    key: str
    digest: str
    files: dict[str, Any]
    width: int | None = None
    height: int | None = None

    @property
    def sizes(self) -> list[int]:
        """In bytes, of each file, the main file first."""
        return [content.size if hasattr(content, "size") else len(content) for content in self.files.values()]


def prepared(file: Any, name: str, focus: pictures.Focus) -> Prepared:
    """Checks an upload and renders pictures. Raises `ValidationError`."""
    most = settings.MEDIA_MAX_MB
    if file.size > most * MEGABYTE:
        raise ValidationError(_("This file is larger than %(most)s MB."), params={"most": most}, code="size")
    if not file.size:
        raise ValidationError(_("This file is empty."), code="empty")
    found = type_of(file)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    key = digest.hexdigest()[:20] + secrets.token_hex(6)
    slug = slugify(PurePath(name).stem)[:LONGEST_SLUG].strip("-_").replace("_", "-") or "file"
    if found.kind == PICTURE:
        made = pictures.render(file, key, slug, focus)
        return Prepared(found.kind, key, digest.hexdigest(), dict(made.files), made.name.width, made.name.height)
    file.seek(0)
    return Prepared(found.kind, key, digest.hexdigest(), {f"{slug}.{found.extension}": file})
