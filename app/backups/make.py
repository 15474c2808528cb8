"""One backup: media, then the database, then the media that came in between, then the manifest.

A file whose row is in the dump is in the list of media: it was there before the dump or after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from app import __version__
from app.backups import postgresql, sqlite
from app.backups.errors import BackupFailed
from app.backups.manifest import DATABASE, Manifest, Media, media_as_bytes, media_from_bytes, sum_of, text_sum
from app.backups.media import Copied, refuse_storage, store_media
from app.backups.places import Folder, storage_faults
from app.backups.record import deployment, save_beginning
from app.backups.retention import Keep, name_at
from app.backups.state import (
    STATE,
    applied_migrations,
    load_state,
    reconnect_if_lost,
    refuse_empty_database,
    remove_files,
    save_state,
    working_folder,
    write_text,
)
from app.backups.target import Target

MEDIA_BEFORE = "media-before.json"


@dataclass(frozen=True, slots=True)
class Made:
    """`faults`: what the backup lacks, or what was not removed. It is stored."""

    manifest: Manifest
    removed: list[str]
    faults: list[str]

    @property
    def line(self) -> str:
        manifest = self.manifest
        return (
            f"backup: {manifest.name}, {sum(manifest.rows.values())} rows in {len(manifest.rows)} tables, "
            f"{manifest.media_files} media files, {manifest.size} bytes; {len(self.removed)} old backups removed."
            + "".join(f" {fault}" for fault in self.faults)
        )


def make(target: Target, path: Path, keep: Keep, *, adopt: bool) -> Made:
    """All steps in this process."""
    if connection.vendor == "postgresql":
        postgresql.refuse_old_programs()
    prepare(target, path, adopt=adopt)
    if connection.vendor == "postgresql":
        postgresql.run(working_folder(path), postgresql.DUMP)
    return finish(target, path, keep)


def prepare(target: Target, path: Path, *, adopt: bool) -> None:
    """The first step: copies media, and writes what the dump needs; of SQLite, the copy itself."""
    folder = working_folder(path)
    refuse_empty_database()
    refuse_storage(target.place)
    target.claim(deployment(), adopt=adopt)
    save_beginning()
    target.remove_leftovers()
    before = store_media(target, _known(target)).files
    write_text(folder, MEDIA_BEFORE, media_as_bytes(before).decode())
    reconnect_if_lost()
    # The moment of the data; the files are stored later.
    name = name_at(timezone.now())
    save_state(folder, name=name, vendor=connection.vendor, migrations=applied_migrations())
    if connection.vendor == "postgresql":
        postgresql.prepare(folder, postgresql.DUMP)
    else:
        sqlite.copy_database(folder)


def finish(target: Target, path: Path, keep: Keep) -> Made:
    """The last step: stores the dump and the list of media, and removes old backups."""
    folder = working_folder(path)
    state = load_state(folder)
    reconnect_if_lost()
    refuse_empty_database()
    target.refuse_other_owner(deployment())
    if state["migrations"] != applied_migrations():
        raise BackupFailed("A release changed the tables during the backup. Run it again.")
    rows = (postgresql if state["vendor"] == "postgresql" else sqlite).rows(folder)
    media, left_out = _all_media(target, folder)
    with storage_faults(folder.label), (folder.path / DATABASE).open("rb") as file:
        database = sum_of(file)
    manifest = Manifest(
        name=_unused(target, state["name"]),
        version=__version__,
        vendor=state["vendor"],
        migrations=state["migrations"],
        rows=rows,
        database=database,
        media=text_sum(media_as_bytes(media)),
        media_files=len(media),
        media_bytes=sum(one.size for one in media.values()),
    )
    with storage_faults(folder.label), (folder.path / DATABASE).open("rb") as file:
        target.add(manifest, file, media, folder.label)
    faults = [f"The backup lacks the media file {name!r}: {reason}." for name, reason in left_out.items()]
    removed = list[str]()
    try:
        done = target.remove_old(keep)
    except BackupFailed as error:
        faults.append(f"Old backups could not be removed. {error}")
    else:
        removed = done.old
        faults += [
            f"The backup {name} is damaged. Delete the folder {name} of the target; until then no media are removed."
            for name in done.damaged
        ]
    remove_files(folder, DATABASE, MEDIA_BEFORE, STATE, *postgresql.WRITTEN)
    return Made(manifest, removed, faults)


def _all_media(target: Target, folder: Folder) -> Copied:
    """What is in the storage now, and what was there before the dump: its row may be in the dump."""
    with storage_faults(folder.label):
        before = media_from_bytes((folder.path / MEDIA_BEFORE).read_bytes())
    now = store_media(target, before)
    # Another run may have removed a file that no backup listed yet.
    files = {name: one for name, one in {**before, **now.files}.items() if target.has_media(one)}
    return Copied(files, {name: reason for name, reason in now.left_out.items() if name not in files})


def _known(target: Target) -> Mapping[str, Media]:
    names = target.names()
    try:
        return target.media_of(target.manifest(names[-1])) if names else {}
    except BackupFailed:
        return {}  # a damaged backup: every file is read again, and the removal of old backups reports the damage


def _unused(target: Target, name: str) -> str:
    if name in target.names():
        raise BackupFailed(f"{target.place.label} has a backup {name} already. Run it again in a second.")
    return name
