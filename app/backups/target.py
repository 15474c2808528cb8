"""The backups in a place: a folder per backup, and the files of all media, each of which is stored once.

owner.json                         the deployment that the backups are of
20261126T020000Z/database
20261126T020000Z/media.json        the names of the media files, and which stored file each one is
20261126T020000Z/manifest.json     written last: a folder without it is no backup
media/ab/ab12…                     named after the SHA-256 of its content

SECURITY: files with other names are never changed or removed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from app.backups.errors import BackupFailed, BackupRefused, DamagedBackup
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
from app.backups.places import PART, MissingFile, Place
from app.backups.retention import Keep

NAME = re.compile(r"\d{8}T\d{6}Z")
STORE = "media"
STORED = re.compile(rf"{STORE}/([0-9a-f]{{2}})/(?P<digest>\1[0-9a-f]{{62}})")
OWNER = "owner.json"
LATEST = "latest"
#: What file systems make, and the mark that a run did not finish.
NO_FILES = ("lost+found", ".", OWNER + PART)


class ChangedFile(BackupFailed):
    """A file was not the same when it was read again."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What the removal of old backups did: names of backups. With damaged ones, no media files are removed."""

    old: list[str]
    damaged: list[str]


class Target:
    """Methods raise `BackupFailed`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._stored: dict[str, int] | None = None

    def claim(self, deployment: str, *, adopt: bool) -> None:
        """Marks an empty target as that of this deployment. Raises `BackupRefused` for the target of another one.

        SECURITY: a backup removes old ones, and would remove those of the other deployment. With `adopt` it takes them
        over.
        """
        owner = self._owner()
        if owner == deployment:
            return
        if owner is None and self.names():
            owner = ""  # the mark was lost
        if owner is None and self._has_files():
            raise BackupRefused(f"{self.place.label} has other files. Use an empty folder, or an empty prefix.")
        if owner is not None and not adopt:
            raise BackupRefused(
                f"{self.place.label} belongs to another deployment. Use another target. If this deployment replaces "
                "that one, for example after a restore, run `backup --adopt` once."
            )
        self.place.write(OWNER, io.BytesIO(json.dumps({"deployment": deployment}).encode()))

    def refuse_other_owner(self, deployment: str) -> None:
        """Raises `BackupFailed` if another deployment has taken the target over since `claim`."""
        if self._owner() != deployment:
            raise BackupFailed(f"{self.place.label} belongs to another deployment now. Nothing was stored.")

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
        """Raises `DamagedBackup`, also if a part of the backup is missing or has another size."""
        manifest = Manifest.read(self._read(f"{name}/{MANIFEST}"), name)
        sizes = self.place.sizes(name)
        for part, stored in ((DATABASE, manifest.database), (MEDIA, manifest.media)):
            if sizes.get(f"{name}/{part}") != stored.size:
                raise DamagedBackup(f"{self.place.label}: {name}/{part} is damaged (size differs). Use another backup.")
        return manifest

    def media_of(self, manifest: Manifest) -> dict[str, Media]:
        text = self._read(f"{manifest.name}/{MEDIA}")
        self._refuse_other(f"{manifest.name}/{MEDIA}", manifest.media, text_sum(text))
        return media_from_bytes(text)

    def copy_database(self, manifest: Manifest, write: Callable[[BinaryIO], object]) -> None:
        """Gives the dump to `write`, and raises `BackupFailed` if it is not the one that was stored."""
        self._copy(f"{manifest.name}/{DATABASE}", manifest.database, write)

    def copy_media(self, media: Media, write: Callable[[BinaryIO], object]) -> None:
        self._copy(_stored(media.sha256), Sum(media.size, media.sha256), write)

    def stored_media(self) -> dict[str, int]:
        """The size of each media file that is stored, by its SHA-256. Listed once: nothing else writes meanwhile."""
        if self._stored is None:
            sizes = self.place.sizes(STORE).items()
            self._stored = {found["digest"]: size for name, size in sizes if (found := STORED.fullmatch(name))}
        return self._stored

    def has_media(self, media: Sum | Media) -> bool:
        return self.stored_media().get(media.sha256) == media.size

    def add_media(self, expected: Sum, source: BinaryIO, label: str) -> None:
        """Raises `ChangedFile` if the source is another file than expected. `label` is where it comes from."""
        reader = SummingReader(source, label)
        self.place.write(_stored(expected.sha256), reader)  # type: ignore[arg-type]  # it reads, and nothing else is done
        if reader.sum != expected:
            self.place.delete(_stored(expected.sha256))
            raise ChangedFile("A media file changed while it was copied. Run the backup again.")
        self.stored_media()[expected.sha256] = expected.size

    def add(self, manifest: Manifest, database: BinaryIO, media: dict[str, Media], label: str) -> None:
        """Stores a backup whose media files are stored already. `label` is where the dump comes from."""
        reader = SummingReader(database, label)
        self.place.write(f"{manifest.name}/{DATABASE}", reader)  # type: ignore[arg-type]  # as above
        if reader.sum != manifest.database:
            raise ChangedFile("The dump changed while it was copied. Run the backup again.")
        self.place.write(f"{manifest.name}/{MEDIA}", io.BytesIO(media_as_bytes(media)))
        self.place.write(f"{manifest.name}/{MANIFEST}", io.BytesIO(manifest.as_bytes()))

    def remove_leftovers(self) -> None:
        """Removes what runs left that did not end."""
        complete = set(self.names())
        for name in self._folders():
            if name not in complete:
                parts = [f"{name}/{part}{end}" for part in (MANIFEST, MEDIA, DATABASE) for end in ("", PART)]
                self._remove(self.place.sizes(name).keys() & set(parts))
        parts_of_files = [name for name in self.place.sizes(STORE) if name.endswith(PART)]
        self._remove(name for name in parts_of_files if STORED.fullmatch(name.removesuffix(PART)))

    def remove_old(self, keep: Keep) -> Removed:
        """Removes the backups that are not kept, and the media files that no kept one lists.

        Every backup that is kept is read before anything is removed; a damaged one does not count as kept, and stays.
        """
        names, damaged = self.names(), list[str]()
        needed: set[str] | None = None
        while needed is None:
            kept = keep.of(name for name in names if name not in damaged)
            needed = self._needed_by(kept, damaged)
        old = [name for name in names if name not in kept and name not in damaged]
        for name in old:
            self._remove([f"{name}/{MANIFEST}", f"{name}/{MEDIA}", f"{name}/{DATABASE}"])
        if not damaged:
            for digest in self.stored_media().keys() - needed:
                self.place.delete(_stored(digest))
                del self.stored_media()[digest]
        return Removed(old, damaged)

    def _needed_by(self, kept: set[str], damaged: list[str]) -> set[str] | None:
        """The media files of backups; None after adding a damaged one to the list."""
        needed: set[str] = set()
        for name in sorted(kept):
            try:
                needed.update(media.sha256 for media in self.media_of(self.manifest(name)).values())
            except (DamagedBackup, MissingFile):
                damaged.append(name)
                return None
        return needed

    def _owner(self) -> str | None:
        """The deployment of the mark; None without one. A damaged mark is that of nobody."""
        try:
            text = self._read(OWNER)
        except MissingFile:
            return None
        try:
            return str(json.loads(text)["deployment"])
        except (ValueError, TypeError, KeyError):
            return ""

    def _has_files(self) -> bool:
        return any(not name.startswith(NO_FILES) for name in self.place.entries())

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
            reader = SummingReader(file, self.place.label)
            write(reader)  # type: ignore[arg-type]  # it reads, and nothing else is done
        self._refuse_other(name, expected, reader.sum)

    def _refuse_other(self, name: str, expected: Sum, found: Sum) -> None:
        if found != expected:
            raise DamagedBackup(f"{self.place.label}: {name} is damaged (SHA-256 differs). Use another backup.")


def _stored(sha256: str) -> str:
    return f"{STORE}/{sha256[:2]}/{sha256}"
