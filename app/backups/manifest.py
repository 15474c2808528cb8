"""What a backup says of itself: `manifest.json`, the file that is written last."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, NamedTuple, Self

from app.backups.errors import BackupFailed, DamagedBackup
from app.backups.places import storage_faults

FORMAT = 1
MANIFEST, DATABASE, MEDIA = "manifest.json", "database", "media.json"
CHUNK = 1 << 20


class Sum(NamedTuple):
    size: int
    sha256: str


class Media(NamedTuple):
    """A file of the storage. `modified` is its time there, in seconds since 1970."""

    size: int
    modified: float
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`rows`: how many each table has in the dump. `migrations`: app and name of what was applied."""

    name: str
    version: str
    vendor: str
    migrations: list[list[str]]
    rows: dict[str, int]
    database: Sum
    media: Sum
    media_files: int
    media_bytes: int
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of the dump and of all media files that it needs."""
        return self.database.size + self.media_bytes

    def as_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def read(cls, text: bytes, name: str) -> Self:
        """Raises `BackupFailed`."""
        try:
            given = json.loads(text)
            if given["format"] != FORMAT:
                raise BackupFailed(f"The backup {name} has the format {given['format']}. Use a newer release.")
            return cls(**{**given, "database": Sum(*given["database"]), "media": Sum(*given["media"])})
        except (ValueError, TypeError, KeyError):
            raise DamagedBackup(f"The {MANIFEST} of the backup {name} is damaged. Use another backup.") from None


def media_as_bytes(files: Mapping[str, Media]) -> bytes:
    return json.dumps(files, sort_keys=True).encode()


def media_from_bytes(text: bytes) -> dict[str, Media]:
    return {name: Media(*values) for name, values in json.loads(text).items()}


def sum_of(source: BinaryIO) -> Sum:
    """Reads a file to its end."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return Sum(size, digest.hexdigest())


def text_sum(text: bytes) -> Sum:
    return sum_of(io.BytesIO(text))


class SummingReader(io.RawIOBase):
    """A file that is read through this class; `sum` is that of what was read so far.

    `label` is the place of the file. Errors of reading name it, and not the place of the copy.
    """

    def __init__(self, source: BinaryIO, label: str) -> None:
        self._source, self._label, self._digest, self._size = source, label, hashlib.sha256(), 0

    @property
    def sum(self) -> Sum:
        return Sum(self._size, self._digest.hexdigest())

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> Any:
        with storage_faults(self._label):
            chunk = self._source.read(-1 if size is None else size)
        self._digest.update(chunk)
        self._size += len(chunk)
        return chunk
