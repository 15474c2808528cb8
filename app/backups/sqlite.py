"""A copy of an SQLite database that is in use, and back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from django.db import connection

from app.backups.errors import BackupFailed, BackupRefused
from app.backups.manifest import DATABASE
from app.backups.places import Folder, storage_faults
from app.private_files import PrivateSQLite

FULL = "database or disk is full"


def database_file() -> Path:
    """Raises `BackupRefused` for a database in memory."""
    name = str(connection.settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:
        raise BackupRefused("The database is in memory, so it ends with this process. Set DATABASE_URL to a file.")
    return Path(name)


def copy_database(folder: Folder) -> None:
    """With SQLite's own online backup: others may write meanwhile. Raises `BackupFailed`."""
    path = folder.path / DATABASE
    path.unlink(missing_ok=True)
    source = database_file()
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=20)) as opened,
            closing(sqlite3.connect(str(path), factory=PrivateSQLite)) as copy,
        ):
            opened.backup(copy)
            # Otherwise every reader of the copy would write files beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        reason = f"{folder.label} is full" if FULL in str(error) else str(error)
        raise BackupFailed(f"The copy of the database failed: {reason}.") from None
    if found != "ok":
        raise BackupFailed(f"The database is damaged: {found}. Restore an older backup.")


def rows(folder: Folder) -> dict[str, int]:
    with closing(sqlite3.connect(folder.path / DATABASE)) as copy:
        tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        names = [name for (name,) in tables.fetchall()]
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608  # names of tables


def rows_in_database(tables: Iterable[str]) -> dict[str, int | None]:
    """How many rows each table has now; None if it does not exist."""
    present = set(connection.introspection.table_names())
    found: dict[str, int | None] = dict.fromkeys(tables)
    with connection.cursor() as cursor:
        for table in found.keys() & present:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a table that is there
            (found[table],) = cursor.fetchone()
    return found


def replace_database(folder: Folder) -> None:
    """Puts the copy in place of an empty database."""
    path = database_file()
    connection.close()
    label = f"The folder of the database {path.parent}"
    with storage_faults(label), (folder.path / DATABASE).open("rb") as copy:
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        Folder(path.parent, label).write(path.name, copy)
        os.sync()
