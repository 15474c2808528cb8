"""Files that only the product's own user may read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

OTHERS = 0o077


def opener(path: str, flags: int) -> int:
    """For `open(..., opener=opener)`: a new file is 0600, and others lose their rights on an existing one."""
    descriptor = os.open(path, flags, 0o600)
    restrict(Path(path))
    return descriptor


def restrict(path: Path) -> None:
    """Takes the rights of others from an existing file of this user. Raises `OSError`."""
    status = path.stat()
    if status.st_mode & OTHERS and status.st_uid == os.geteuid():
        path.chmod(0o600)


class PrivateSQLite(sqlite3.Connection):
    """A connection to a file with password hashes, sessions and tokens; SQLite alone would let everyone read it.

    New -wal and -shm files get the rights of the database file.
    """

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        if ":memory:" not in database and not database.startswith("file:"):
            # Existing files are not opened: closing one would release SQLite's locks in the other threads.
            with suppress(OSError):  # what cannot be created or changed here, SQLite reports when it opens the file
                os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    restrict(Path(database + suffix))
        super().__init__(database, *args, **options)
