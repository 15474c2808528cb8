"""The backups in a place: a folder per backup, and the files of all media, each of which is stored once.

20261126T020000Z/database
20261126T020000Z/media.json        the names of the media files, and which stored file each one is
20261126T020000Z/manifest.json     written last: a folder without it is no backup
media/ab/ab12…                     named after the SHA-256 of its content
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from typing import BinaryIO

from app.backups.errors import BackupFailed, BackupRefused
from app.backups.manifest import (
    DATABASE,
    MANIFEST,
    MEDIA,
    Manifest,
    Media,
    Sum,
    SummingReader,
    media_as_bytes,
    media_from_bytes,
    text_sum,
)
from app.backups.places import Place
from app.backups.retention import Keep

NAME = re.compile(r"\d{8}T\d{6}Z")
STORE = "media"
LATEST = "latest"


class Target:
    """Methods raise `BackupFailed`."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def names(self) -> list[str]:
        """The complete backups, the oldest first."""
        return [name for name in self._folders() if f"{name}/{MANIFEST}" in self.place.sizes(name)]

    def find(self, wanted: str) -> str:
        """Raises `BackupRefused` if there is no such backup."""
        names = self.names()
        if wanted == LATEST and names:
            return names[-1]
        if wanted not in names:
            known = f"There are: {', '.join(names[-5:])}." if names else "It has none."
            raise BackupRefused(f"{self.place.label} has no backup {wanted!r}. {known}")
        return wanted

    def manifest(self, name: str) -> Manifest:
        return Manifest.read(self._read(f"{name}/{MANIFEST}"), name)

    def media_of(self, manifest: Manifest) -> dict[str, Media]:
        text = self._read(f"{manifest.name}/{MEDIA}")
        self._refuse_other(f"{manifest.name}/{MEDIA}", manifest.media, text_sum(text))
        return media_from_bytes(text)

    def copy_database(self, manifest: Manifest, write: Callable[[BinaryIO], object]) -> None:
        """Gives the dump to `write`, and raises `BackupFailed` if it is not the one that was stored."""
        self._copy(f"{manifest.name}/{DATABASE}", manifest.database, write)

    def copy_media(self, media: Media, write: Callable[[BinaryIO], object]) -> None:
        self._copy(_stored(media.sha256), Sum(media.size, media.sha256), write)

    def stored_media(self) -> set[str]:
        """The SHA-256 of each media file that is stored completely."""
        return {digest for name in self.place.sizes(STORE) if (digest := name.rpartition("/")[2]) and "." not in digest}

    def add_media(self, sha256: str, source: BinaryIO) -> None:
        reader = SummingReader(source)
        self.place.write(_stored(sha256), reader)  # type: ignore[arg-type]  # it reads, and nothing else is done
        if reader.sum.sha256 != sha256:
            self.place.delete(_stored(sha256))
            raise BackupFailed("A media file changed while it was copied. Run the backup again.")

    def add(self, manifest: Manifest, database: BinaryIO, media: dict[str, Media]) -> None:
        """Stores a backup whose media files are stored already."""
        self.place.write(f"{manifest.name}/{DATABASE}", database)
        self.place.write(f"{manifest.name}/{MEDIA}", io.BytesIO(media_as_bytes(media)))
        self.place.write(f"{manifest.name}/{MANIFEST}", io.BytesIO(manifest.as_bytes()))

    def remove_leftovers(self) -> None:
        """Removes what runs left that did not end. SECURITY: folders with other names are never touched."""
        complete = set(self.names())
        for name in self._folders():
            if name not in complete:
                self._remove(self.place.sizes(name))
        self._remove(name for name in self.place.sizes(STORE) if "." in name.rpartition("/")[2])

    def remove_old(self, keep: Keep) -> list[str]:
        """Removes the backups that are not kept, and the media files that no kept one lists; the names of the backups.

        Every manifest that is kept is read before anything is removed.
        """
        names = self.names()
        kept = keep.of(names)
        needed = {media.sha256 for name in kept for media in self.media_of(self.manifest(name)).values()}
        old = [name for name in names if name not in kept]
        for name in old:
            self._remove([f"{name}/{MANIFEST}", f"{name}/{MEDIA}", f"{name}/{DATABASE}"])
        self._remove(_stored(digest) for digest in self.stored_media() - needed)
        return old

    def _folders(self) -> list[str]:
        return [name for name in self.place.folders() if NAME.fullmatch(name)]

    def _remove(self, names: Iterable[str]) -> None:
        for name in list(names):
            self.place.delete(name)

    def _read(self, name: str) -> bytes:
        with self.place.open(name) as file:
            return file.read()

    def _copy(self, name: str, expected: Sum, write: Callable[[BinaryIO], object]) -> None:
        with self.place.open(name) as file:
            reader = SummingReader(file)
            write(reader)  # type: ignore[arg-type]  # it reads, and nothing else is done
        self._refuse_other(name, expected, reader.sum)

    def _refuse_other(self, name: str, expected: Sum, found: Sum) -> None:
        if found != expected:
            raise BackupFailed(f"{self.place.label}: {name} is damaged (SHA-256 differs). Use another backup.")


def _stored(sha256: str) -> str:
    return f"{STORE}/{sha256[:2]}/{sha256}"
