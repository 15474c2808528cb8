"""What a file is, by its content. Its name and the type that a browser sent with it say nothing."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

PICTURE = "picture"
HEAD = 4096
#: Documents are zip files, but no such file has this many parts, and none is this much larger unpacked.
MOST_PARTS = 5000
#: Of the directory of a zip file, for each part: 46 bytes, its name, and what some programs add.
MOST_BYTES_PER_PART = 400
MOST_UNPACKED_BYTES = 2 * 2**30
MOST_RATIO = 200
_END_OF_ZIP = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR_SIZE = 20


@dataclass(frozen=True, slots=True)
class Type:
    """A type of file that may be uploaded. `opens_in_browser`: browsers show or play it; others are downloads."""

    kind: str
    extension: str
    content_type: str
    opens_in_browser: bool = False


OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
TYPES = (
    Type(PICTURE, "jpg", "image/jpeg", True),
    Type(PICTURE, "png", "image/png", True),
    Type(PICTURE, "gif", "image/gif", True),
    Type(PICTURE, "webp", "image/webp", True),
    Type("document", "pdf", "application/pdf", True),
    Type("document", "txt", "text/plain"),
    Type("document", "docx", f"{OFFICE}.wordprocessingml.document"),
    Type("document", "xlsx", f"{OFFICE}.spreadsheetml.sheet"),
    Type("document", "pptx", f"{OFFICE}.presentationml.presentation"),
    Type("document", "odt", f"{OPEN_DOCUMENT}.text"),
    Type("document", "ods", f"{OPEN_DOCUMENT}.spreadsheet"),
    Type("document", "odp", f"{OPEN_DOCUMENT}.presentation"),
    Type("audio", "mp3", "audio/mpeg", True),
    Type("audio", "ogg", "audio/ogg", True),
    Type("audio", "wav", "audio/wav", True),
    Type("audio", "m4a", "audio/mp4", True),
    Type("video", "mp4", "video/mp4", True),
    Type("video", "webm", "video/webm", True),
)
BY_EXTENSION = {known.extension: known for known in TYPES}
_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_BY_CONTENT_TYPE = {known.content_type: known.extension for known in TYPES}


def type_of(file: IO[bytes] | Any) -> Type:
    """The type of a file. Raises `ValidationError` for one that may not be uploaded. Leaves the file at its start."""
    file.seek(0)
    head = file.read(HEAD)
    extension = next((found for test in _TESTS if (found := test(head, file))), None)
    file.seek(0)
    if extension is None:
        raise ValidationError(
            _("This is not a file that may be uploaded. It must be one of: %(types)s."),
            params={"types": ", ".join(known.extension for known in TYPES)},
            code="type",
        )
    return BY_EXTENSION[extension]


def _by_signature(head: bytes, _file: Any) -> str | None:
    for signature, extension in _SIGNATURES:
        if head.startswith(signature):
            return extension
    return None


def _riff(head: bytes, _file: Any) -> str | None:
    return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12]) if head.startswith(b"RIFF") else None


def _mpeg_4(head: bytes, _file: Any) -> str | None:
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand in {b"M4A ", b"M4B "}:
        return "m4a"
    return "mp4" if brand in {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V "} else None


def _mpeg_audio(head: bytes, _file: Any) -> str | None:
    # A frame: 11 bits set, MPEG 1 or 2, layer III.
    is_frame = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 != 0xF0
    return "mp3" if head.startswith(b"ID3") or is_frame else None


def _webm(head: bytes, _file: Any) -> str | None:
    return "webm" if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64] else None


def _zip(head: bytes, file: Any) -> str | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    _refuse_long_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
            # SECURITY: what opens such a file here or at a visitor's would fill the memory or the disk.
            if unpacked > MOST_UNPACKED_BYTES or unpacked > MOST_RATIO * max(packed, 2**16):
                raise ValidationError(_("This file is far too large when it is unpacked."), code="bomb")
            names = {part.filename for part in parts}
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                return _BY_CONTENT_TYPE.get(archive.read("mimetype").decode("ascii", "replace"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    return next((_PARTS[name] for name in _PARTS if name in names), None)


def _refuse_long_directory(file: Any) -> None:
    """zipfile reads the whole directory of an archive, which a small file can make very long.

    It reads by the size that the end of the file gives, not by the number of parts.
    """
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 2**16 - _END_OF_ZIP.size))
    tail = file.read()
    at = len(tail) - _END_OF_ZIP.size
    if not (tail[at:].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0")):  # where zipfile looks first, too
        at = tail.rfind(b"PK\x05\x06")
    end = _END_OF_ZIP.unpack_from(tail, at) if at >= 0 and len(tail) >= at + _END_OF_ZIP.size else None
    # SECURITY: zip64 has numbers of its own, for files of gigabytes; no document of that size may be uploaded.
    is_zip64 = b"PK\x06\x07" in tail[max(0, at - _ZIP64_LOCATOR_SIZE) : max(0, at)]
    if end is not None and (is_zip64 or end[4] > MOST_PARTS or end[5] > MOST_PARTS * MOST_BYTES_PER_PART):
        raise ValidationError(_("This file has too many parts."), code="bomb")
    file.seek(0)


def _text(head: bytes, file: Any) -> str | None:
    """Plain text in UTF-8, to its end."""
    if not head or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None  # HTML, SVG and XML are no plain text
    file.seek(0)
    rest = b""
    while chunk := file.read(2**16):
        data = rest + chunk
        if b"\0" in data:
            return None
        try:
            data.decode()
            rest = b""
        except UnicodeDecodeError as error:
            # A character that is cut off by the end of the chunk is at most 3 bytes long.
            rest = data[error.start :]
            if len(rest) > 3:
                return None
    return None if rest else "txt"


_SIGNATURES = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"OggS", "ogg"),
)
_TESTS: tuple[Callable[[bytes, Any], str | None], ...] = (
    _by_signature, _riff, _mpeg_4, _webm, _zip, _mpeg_audio, _text,
)  # fmt: skip
