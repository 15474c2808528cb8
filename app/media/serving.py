"""Sends stored files: parts of them, conditional requests, and headers that let no content act as the site."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from whitenoise.responders import SlicedFile

from app.media import availability
from app.media.availability import NotTried
from app.media.files import STORAGE_ERRORS
from app.media.models import content_type_of
from app.tenancy.requests import responses

log = logging.getLogger(__name__)
BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# SECURITY: whatever a file holds, it runs no script and loads nothing.
SANDBOX = "sandbox; default-src 'none'"
#: Browsers play a file on a page of their own, which loads it once more.
PLAYED = "sandbox allow-same-origin; default-src 'none'; media-src 'self'"


class NotSatisfiable(Exception):
    """The part that was requested is behind the end of the file."""

    def __init__(self, size: int) -> None:
        self.size = size


@dataclass(frozen=True, slots=True)
class Part:
    """An open file, or what of it was requested. `size` is that of the whole file."""

    body: Any
    start: int
    length: int
    size: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """`bytes=first-last`, with an empty side: to the end, or the last bytes."""

    first: int | None
    last: int | None

    def within(self, size: int) -> tuple[int, int]:
        """Start and length; raises `NotSatisfiable`."""
        if self.first is None:
            start, end = max(0, size - (self.last or 0)), size
        else:
            start, end = self.first, size if self.last is None else min(self.last + 1, size)
        if start >= end:
            raise NotSatisfiable(size)
        return start, end - start

    def __str__(self) -> str:
        first, last = ("" if side is None else side for side in (self.first, self.last))
        return f"bytes={first}-{last}"


def serve(request: HttpRequest, stored: str, *, cache_control: str) -> HttpResponseBase:
    """A stored file as the response to GET or HEAD. Raises `Http404`; 503 when the storage is away."""
    name = stored.rpartition("/")[2]
    try:
        content_type, opens_in_browser = content_type_of(name)
    except KeyError:
        raise Http404 from None
    etag = f'"{"/".join(stored.split("/")[-2:])}"'
    not_modified = _matches(request.headers.get("If-None-Match", ""), etag)
    try:
        part = _opened(stored, None if not_modified else _wanted(request, etag), head=not_modified)
    except FileNotFoundError:
        raise Http404 from None
    except NotSatisfiable as error:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{error.size}"})
    except NotTried:
        return _away()
    except STORAGE_ERRORS:
        log.exception("The storage of media failed")
        return _away()
    response: HttpResponseBase
    if not_modified:
        part.body.close()
        response = HttpResponse(status=304)
    else:
        response = _sent(part, name, content_type, as_attachment=not opens_in_browser)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = PLAYED if content_type.startswith(("audio/", "video/")) else SANDBOX
    return response


def _sent(part: Part, name: str, content_type: str, *, as_attachment: bool) -> FileResponse:
    response = FileResponse(
        part.body,
        as_attachment=as_attachment,
        filename=name,
        content_type=f"{content_type}; charset=utf-8" if content_type == "text/plain" else content_type,
        status=206 if part.length < part.size else 200,
    )
    response.block_size = BLOCK
    response.headers["Content-Length"] = str(part.length)
    response.headers["Accept-Ranges"] = "bytes"
    if part.length < part.size:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{part.size}"
    return response


def _away() -> HttpResponse:
    text = _("This file cannot be sent at the moment. Please try again soon.")
    response = responses.page(_("Back soon"), text, 503)
    response.headers["Retry-After"] = "5"
    return response


def _matches(header: str, etag: str) -> bool:
    # A proxy that compresses makes the tag weak.
    return any(tag.removeprefix("W/") in (etag, "*") for tag in parse_etags(header)) if header else False


def _wanted(request: HttpRequest, etag: str) -> Wanted | None:
    """The part that was requested; None for the whole file, also if several parts, or something else, were."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not (match[1] or match[2]) or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = (int(side) if side else None for side in match.groups())
    return None if first is not None and last is not None and last < first else Wanted(first, last)


def _opened(stored: str, wanted: Wanted | None, *, head: bool) -> Part:
    """Raises `FileNotFoundError`, `NotSatisfiable`, and what the storage raises."""
    storage: Any = storages["default"]
    if hasattr(storage, "bucket"):
        with availability.bucket.place(), availability.bucket.request():
            return _from_s3(storage.bucket.Object(stored), wanted, head=head)
    file = storage.open(stored)
    try:
        size = file.size
        start, length = wanted.within(size) if wanted else (0, size)
    except BaseException:
        file.close()
        raise
    body = SlicedFile(file, start, start + length - 1) if length < size else file
    return Part(body, start, length, size)


def _from_s3(stored: Any, wanted: Wanted | None, *, head: bool) -> Part:
    """S3 sends the part itself; nothing is written to a temporary file, as django-storages would."""
    try:
        if head:
            stored.load()
            return Part(_Nothing(), 0, 0, stored.content_length)
        found = stored.get(**{"Range": str(wanted)} if wanted else {})
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"NoSuchKey", "404"}:
            raise FileNotFoundError(stored.key) from None
        if code in {"InvalidRange", "416"}:
            stored.load()
            raise NotSatisfiable(stored.content_length) from None
        raise
    length = found["ContentLength"]
    place = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", found.get("ContentRange", ""))
    start, size = (int(place[1]), int(place[2])) if place else (0, length)
    return Part(found["Body"], start, length, size)


class _Nothing:
    def close(self) -> None:
        """There is nothing to close."""
