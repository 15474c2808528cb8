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
from app.backups.media import refuse_inside_storage, store_media
from app.backups.places import Folder, storage_faults
from app.backups.retention import Keep, name_at
from app.backups.state import applied_migrations, load_state, save_state, working_folder, write_text
from app.backups.target import Target

MEDIA_BEFORE = "media-before.json"


@dataclass(frozen=True, slots=True)
class Made:
    manifest: Manifest
    removed: list[str]

    @property
    def line(self) -> str:
        manifest = self.manifest
        return (
            f"backup: {manifest.name}, {sum(manifest.rows.values())} rows in {len(manifest.rows)} tables, "
            f"{manifest.media_files} media files, {manifest.size} bytes; {len(self.removed)} old backups removed."
        )


def make(target: Target, path: Path, keep: Keep) -> Made:
    """All steps in this process."""
    if connection.vendor == "postgresql":
        postgresql.refuse_old_programs()
    prepare(target, path)
    if connection.vendor == "postgresql":
        postgresql.run(working_folder(path), postgresql.DUMP)
    return finish(target, path, keep)


def prepare(target: Target, path: Path) -> None:
    """The first step: copies media, and writes what the dump needs; of SQLite, the copy itself."""
    folder = working_folder(path)
    refuse_inside_storage(target.place)
    target.remove_leftovers()
    before = store_media(target, _known(target))
    write_text(folder, MEDIA_BEFORE, media_as_bytes(before).decode())
    save_state(folder, vendor=connection.vendor, migrations=applied_migrations())
    if connection.vendor == "postgresql":
        postgresql.prepare(folder, postgresql.DUMP)
    else:
        sqlite.copy_database(folder)


def finish(target: Target, path: Path, keep: Keep) -> Made:
    """The last step: stores the dump and the list of media, and removes old backups."""
    folder = working_folder(path)
    state = load_state(folder)
    if state["migrations"] != applied_migrations():
        raise BackupFailed("A release changed the tables during the backup. Run it again.")
    rows = (postgresql if state["vendor"] == "postgresql" else sqlite).rows(folder)
    media = _all_media(target, folder)
    with storage_faults(folder.label), (folder.path / DATABASE).open("rb") as file:
        database = sum_of(file)
    manifest = Manifest(
        name=_free_name(target),
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
        target.add(manifest, file, media)
    try:
        return Made(manifest, target.remove_old(keep))
    except BackupFailed as error:
        raise BackupFailed(
            f"The backup {manifest.name} is stored, but old ones could not be removed. {error}"
        ) from None


def _all_media(target: Target, folder: Folder) -> dict[str, Media]:
    """What is in the storage now, and what was there before the dump: its row may be in the dump."""
    with storage_faults(folder.label):
        before = media_from_bytes((folder.path / MEDIA_BEFORE).read_bytes())
    now = store_media(target, before)
    # Another run may have removed a file that no backup listed yet.
    stored = target.stored_media()
    return {name: one for name, one in {**before, **now}.items() if one.sha256 in stored}


def _known(target: Target) -> Mapping[str, Media]:
    names = target.names()
    try:
        return target.media_of(target.manifest(names[-1])) if names else {}
    except BackupFailed:
        return {}  # a damaged backup: every file is read again, and the removal of old backups reports the damage


def _free_name(target: Target) -> str:
    name, names = name_at(timezone.now()), target.names()
    if name in names:
        raise BackupFailed(f"{target.place.label} has a backup {name} already. Run it again in a second.")
    return name
