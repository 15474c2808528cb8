"""One restore, into a database without tables: media first, because files without a row harm nobody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from redis import RedisError

from app import __version__
from app.backups import postgresql, sqlite
from app.backups.errors import BackupFailed, BackupRefused
from app.backups.manifest import DATABASE, Manifest
from app.backups.media import bring_back, refuse_missing
from app.backups.record import renew_deployment, save_success
from app.backups.state import (
    STATE,
    load_state,
    remove_files,
    save_state,
    table_names,
    unknown_migrations,
    working_folder,
)
from app.backups.target import Target

DEFAULT_AGE_HOURS = 50
#: Dumps of releases without this migration name no deployment.
OWNER = ["backups", "0002_owner_of_the_target"]


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    media: int

    @property
    def line(self) -> str:
        manifest = self.manifest
        return (
            f"restore: {manifest.name}, {sum(manifest.rows.values())} rows in {len(manifest.rows)} tables, "
            f"{self.media} media files copied."
        )


def restore(target: Target, path: Path, wanted: str) -> Restored:
    """All steps in this process."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        postgresql.refuse_old_programs()
    prepare(target, path, wanted)
    if connection.vendor == "postgresql":
        postgresql.run(working_folder(path), postgresql.LOAD)
    return finish(target, path)


def prepare(target: Target, path: Path, wanted: str) -> None:
    """The first step: checks everything, copies the dump to the working folder and media to the storage."""
    folder = working_folder(path)
    refuse_full_database()
    manifest = target.manifest(target.find(wanted))
    refuse_unsuitable(manifest)
    media = target.media_of(manifest)
    refuse_missing(target, media)
    target.copy_database(manifest, lambda source: folder.write(DATABASE, source))
    copied = bring_back(target, media)
    save_state(folder, name=manifest.name, media=copied)
    if manifest.vendor == "postgresql":
        postgresql.prepare(folder, postgresql.LOAD)


def finish(target: Target, path: Path) -> Restored:
    """The last step: compares the rows, empties the shared cache, and migrates."""
    folder = working_folder(path)
    state = load_state(folder)
    manifest = target.manifest(state["name"])
    if manifest.vendor == "sqlite":
        sqlite.replace_database(folder)
    if OWNER in manifest.migrations:
        renew_deployment()  # before what may fail: a copy must never have the name of its original
    refuse_other_rows(manifest)
    empty_cache()
    migrate()
    restored = Restored(manifest, state["media"])
    save_success(manifest, restored.line, DEFAULT_AGE_HOURS)
    remove_files(folder, DATABASE, STATE, *postgresql.WRITTEN)
    return restored


def empty_cache() -> None:
    # SECURITY: pages of the time after the backup would be sent as soon as the restored sites reach the same versions.
    try:
        caches["default"].clear()
    except (RedisError, OSError) as error:
        raise BackupFailed(
            "All rows and files are restored, but the cache of CACHE_URL could not be emptied "
            f"({type(error).__name__}). Empty it before anybody visits the sites, and run `manage.py release`."
        ) from None


def migrate() -> None:
    """Also for a dump of this release: the rights of the pods' role are not in it."""
    try:
        call_command("release", only_migrate=True)
    except (CommandError, DatabaseError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise BackupFailed(
            f"All rows and files are restored, but `release` failed: {reason}. Correct that, and run "
            "`manage.py release`."
        ) from None


def refuse_full_database() -> None:
    tables = table_names()
    if tables:
        raise BackupRefused(
            f"The database is not empty: it has {len(tables)} tables. Restore into a new database, or drop this one."
        )


def refuse_unsuitable(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupRefused(
            f"The backup {manifest.name} is of {manifest.vendor}, and DATABASE_URL is {connection.vendor}. "
            "Use a database of the same kind."
        )
    unknown = unknown_migrations(manifest.migrations)
    if unknown:
        raise BackupRefused(
            f"The backup {manifest.name} was made by version {manifest.version}, and this is {__version__}: it has "
            f"{len(unknown)} migrations that this code does not know, for example {unknown[0]}. "
            "Use that version, or a newer one, with the same apps."
        )


def refuse_other_rows(manifest: Manifest) -> None:
    """Raises `BackupFailed` unless each table has as many rows as the dump."""
    found = (postgresql if manifest.vendor == "postgresql" else sqlite).rows_in_database(manifest.rows)
    wrong = [
        f"{table} is missing" if number is None else f"{table} has {number} rows instead of {manifest.rows[table]}"
        for table, number in found.items()
        if number != manifest.rows[table]
    ]
    if wrong:
        raise BackupFailed(f"The restored database differs from the backup {manifest.name}: {'; '.join(wrong[:5])}.")
