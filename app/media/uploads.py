"""A file that is too large is not received to its end on the disk: what is above the limit is thrown away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from app.media.checking import MEGABYTE


class LimitingUploadHandler(FileUploadHandler):
    """The first handler. The others get at most one chunk above `MEDIA_MAX_MB`: the size says that it is too large."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= settings.MEDIA_MAX_MB * MEGABYTE else None

    def file_complete(self, file_size: int) -> Any:  # noqa: ARG002  # Django's signature
        return None  # the next handlers make the file
