"""Media files on their way to the target, and back."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.files.utils import validate_file_name
from storages.backends.s3 import S3Storage

from app.backups.errors import BackupFailed, BackupRefused
from app.backups.manifest import Media, Sum, sum_of
from app.backups.places import PART, STORAGE_ERRORS, Bucket, Folder, MissingFile, Place, storage_faults
from app.backups.target import ChangedFile, Target

LABEL = "The storage of media"
ATTEMPTS = 3
Found = dict[str, tuple[int, float]]  # by name: bytes, and seconds since 1970


class Copied(NamedTuple):
    """The files that the target has now, by name; and why it has others not."""

    files: dict[str, Media]
    left_out: dict[str, str]


def refuse_storage(place: Place) -> None:
    """Raises `BackupRefused` if the backups would be media files, or media files would be among the backups."""
    shared = False
    if isinstance(place, Bucket) and isinstance(default_storage, S3Storage):
        shared = place.address == (default_storage.endpoint_url, default_storage.bucket_name)
    if isinstance(place, Folder) and isinstance(default_storage, FileSystemStorage):
        ours, media = place.path.resolve(), Path(default_storage.location).resolve()
        shared = ours.is_relative_to(media) or media.is_relative_to(ours)
    if shared:
        raise BackupRefused(f"{place.label} is where media are stored. Use another bucket or folder.")


def stored_files() -> Found:
    """Every file of the storage. Raises `BackupFailed`."""
    with storage_faults(LABEL):
        return dict(_in_bucket(default_storage) if isinstance(default_storage, S3Storage) else _below(""))


def _in_bucket(storage: Storage) -> Iterator[tuple[str, tuple[int, float]]]:
    """One request per thousand files; `listdir` would need one per folder."""
    bucket: Any = storage
    prefix = f"{bucket.location.rstrip('/')}/" if bucket.location else ""
    for one in bucket.bucket.objects.filter(Prefix=prefix):
        if not one.key.endswith("/"):  # an empty object that a tool made, to show a folder
            yield one.key.removeprefix(prefix), (one.size, one.last_modified.timestamp())


def _below(folder: str) -> Iterator[tuple[str, tuple[int, float]]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return  # nothing was ever uploaded, or the folder was removed in between
    except PermissionError:
        if folder == "lost+found":
            return  # of the file system, and readable by root only
        raise
    for name in files:
        path = f"{folder}/{name}".lstrip("/")
        try:
            yield path, (default_storage.size(path), default_storage.get_modified_time(path).timestamp())
        except FileNotFoundError:
            continue  # removed in between
    for name in folders:
        yield from _below(f"{folder}/{name}".lstrip("/"))


def store_media(target: Target, known: Mapping[str, Media]) -> Copied:
    """Copies the files that the target does not have; every file of the storage, as it is in the target.

    `known` files are read again only if they have changed since.
    """
    files, left_out = dict[str, Media](), dict[str, str]()
    for name, (size, modified) in stored_files().items():
        before = known.get(name)
        if before and (before.size, before.modified) == (size, modified) and target.has_media(before):
            files[name] = before
        elif not _can_be_saved(name):
            left_out[name] = "no file can be restored under this name"
        else:
            try:
                found = _store(target, name)
            except MissingFile:
                continue  # deleted in between, with its row
            except ChangedFile:
                left_out[name] = "it changed each time while it was copied"
            else:
                files[name] = Media(found.size, modified, found.sha256)
    return Copied(files, left_out)


def _can_be_saved(name: str) -> bool:
    try:
        validate_file_name(name, allow_relative_path=True)
    except SuspiciousFileOperation:
        return False
    return posixpath.normpath(name) == name  # a storage makes it so, and finds no file of another name


def _store(target: Target, name: str) -> Sum:
    for attempt in range(1, ATTEMPTS + 1):
        # Read twice: the target's name is the SHA-256 of the content.
        with storage_faults(LABEL), default_storage.open(name) as file:
            found = sum_of(_binary(file))
        try:
            if not target.has_media(found):
                with storage_faults(LABEL), default_storage.open(name) as file:
                    target.add_media(found, _binary(file), LABEL)
        except ChangedFile:
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return found


def _binary(file: File[Any]) -> BinaryIO:
    return file  # type: ignore[return-value]  # what is needed of one: read()


def refuse_missing(target: Target, files: Mapping[str, Media]) -> None:
    """Raises `BackupRefused` if the target lacks a file of the list."""
    missing = sorted(name for name, media in files.items() if not target.has_media(media))
    if missing:
        raise BackupRefused(
            f"{target.place.label} lacks {len(missing)} media files of this backup, for example {missing[0]}. "
            "Use another backup."
        )


def bring_back(target: Target, files: Mapping[str, Media]) -> int:
    """Copies the files of a list to the storage; how many. A file that is there already stays.

    Raises `BackupRefused` if the storage has another file of the same name, before anything is copied.
    """
    present = stored_files()
    for name in files.keys() & present.keys():
        if present[name][0] != files[name].size or _sha256(name) != files[name].sha256:
            raise BackupRefused(f"{LABEL} has another file called {name}. Empty the storage first.")
    wanted = sorted(files.keys() - present.keys())
    for name in wanted:
        try:
            target.copy_media(files[name], partial(_save, name))
        except BackupFailed:
            with suppress(*STORAGE_ERRORS):
                default_storage.delete(name)  # a full disk, or a damaged file, leaves a part of it
            raise
    return len(wanted)


def _sha256(name: str) -> str:
    with storage_faults(LABEL), default_storage.open(name) as file:
        return sum_of(_binary(file)).sha256


def _save(name: str, source: BinaryIO) -> None:
    """On a disk the file appears with its whole content: a run that is stopped leaves no part under the name."""
    with storage_faults(LABEL):
        if not isinstance(default_storage, FileSystemStorage):
            default_storage.save(name, _Unsized(source))
            return
        part = posixpath.join(posixpath.dirname(name), f"restore{PART}")
        default_storage.delete(part)  # of a run that was stopped
        try:
            default_storage.save(part, _Unsized(source))
            Path(default_storage.path(part)).replace(default_storage.path(name))
        finally:
            default_storage.delete(part)


class _Unsized(File):  # type: ignore[type-arg]
    """A file that is read once, from its beginning to its end; its size is not known before."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self.file.read(chunk_size or self.DEFAULT_CHUNK_SIZE):  # type: ignore[union-attr]
            yield chunk
