"""What the first step of a backup or a restore leaves for the last one, in the working folder between them.

In a cluster each step is a container of its own: the image of the product has no PostgreSQL programs, because their
version follows the server's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from app.backups.errors import BackupRefused
from app.backups.places import Folder, storage_faults
from app.private_files import opener

STATE = "state.json"


def working_folder(path: Path) -> Folder:
    """Raises `BackupRefused` if it is not there."""
    folder = Folder(path, label=f"The working folder {path}")
    folder.refuse_unusable()
    return folder


def save_state(folder: Folder, **values: Any) -> None:
    write_text(folder, STATE, json.dumps(values))


def load_state(folder: Folder) -> Mapping[str, Any]:
    try:
        return dict(json.loads((folder.path / STATE).read_text()))
    except (OSError, ValueError):
        raise BackupRefused(f"{folder.label} has no {STATE}. Run the step --prepare first.") from None


def write_text(folder: Folder, name: str, text: str) -> None:
    """Readable by this user only: some of these files hold the database's password."""
    with storage_faults(folder.label), open(folder.path / name, "w", opener=opener) as file:
        file.write(text)


def reconnect_if_lost() -> None:
    """Hours pass between two uses of the connection: a server or a firewall may have ended it."""
    if connection.connection is not None and not connection.is_usable():
        connection.close()


def refuse_empty_database() -> None:
    """Raises `BackupRefused`: a backup without rows would replace a good one. Nor without the tables of this app."""
    applied = applied_migrations()
    if not applied:
        raise BackupRefused("The database is empty. Run `release`, or `restore` a backup into it.")
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if any([app, name] not in applied for app, name in known if app == "backups"):
        raise BackupRefused("The table of backups is that of an older release. Run `release` first.")


def applied_migrations() -> list[list[str]]:
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def unknown_migrations(applied: list[list[str]]) -> list[str]:
    """Those that this code does not have: a newer release, or an app that is not installed, has applied them."""
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    known = set(disk) | {key for migration in disk.values() for key in migration.replaces}
    return [f"{app}.{name}" for app, name in applied if (app, name) not in known]


def table_names() -> set[str]:
    return set(connection.introspection.table_names())


def remove_files(folder: Folder, *names: str) -> None:
    """Removes files of the working folder. Dumps are not encrypted."""
    with storage_faults(folder.label):
        for name in names:
            (folder.path / name).unlink(missing_ok=True)
