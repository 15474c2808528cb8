"""A deployment of its own: a database, media on a disk, and a folder for backups."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.commands import manage
from tests.support.databases import migrated_in, migrated_on
from tests.support.postgresql import PostgreSQL

BRIDGE = "sites/1/public/0123456789abcdef0123456789abcdef/bridge.jpg"
NOTES = "sites/1/private/fedcba9876543210fedcba9876543210/notes.txt"
#: Written by every backup and every restore, after what they copy.
OF_RUNS = "backups_backuprecord"


@dataclass(frozen=True)
class Deployment:
    url: str
    media: Path
    target: str

    @property
    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "MEDIA_ROOT": str(self.media), "BACKUP_TARGET": self.target}

    def run(self, *command: str, **env: object) -> subprocess.CompletedProcess[str]:
        return manage(*command, stdin=None, **{**self.env, "DATABASE_WAIT_SECONDS": "1", **env})

    def backup(self, *arguments: str, **env: object) -> str:
        """Makes a backup; its name."""
        done = self.run("backup", *arguments, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[1].rstrip(",")

    def names(self) -> list[str]:
        """What `backups` lists."""
        lines = self.run("backups").stdout.splitlines()
        return [line.split()[0] for line in lines if "has no backups" not in line]

    def write(self, name: str, content: bytes) -> None:
        path = self.media / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.media.rglob("*") if path.is_file())
        return {path.relative_to(self.media).as_posix(): path.read_bytes() for path in found}

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, as text."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as opened:
                names = opened.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                ).fetchall()
                return {
                    name: sorted(opened.execute(f'SELECT * FROM "{name}"').fetchall(), key=str)  # noqa: S608  # names of tables
                    for (name,) in names
                    if name != OF_RUNS
                }
        with psycopg.connect(self.url) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return {
                name: sorted(connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))), key=str)
                for (name,) in tables
                if name != OF_RUNS
            }


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with a site."""
    folder = tmp_path_factory.mktemp("migrated")
    migrated_in(folder)
    return folder / "db.sqlite3"


def _deployment(folder: Path, url: str) -> Deployment:
    (folder / "target").mkdir(exist_ok=True)
    made = Deployment(url, folder / "media", str(folder / "target"))
    made.write(BRIDGE, b"\xff\xd8\xff bridge")
    made.write(NOTES, b"notes")
    return made


@pytest.fixture
def here(tmp_path: Path, migrated: Path) -> Deployment:
    """With SQLite, and two media files."""
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    return _deployment(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3")


@pytest.fixture
def elsewhere(tmp_path: Path, here: Deployment) -> Deployment:
    """Another one with the same target: its database and its media are empty."""
    (tmp_path / "new").mkdir()
    return replace(here, url=f"sqlite:///{tmp_path}/new/db.sqlite3", media=tmp_path / "new" / "media")


@pytest.fixture
def server(postgresql: PostgreSQL) -> PostgreSQL:
    return postgresql


@pytest.fixture
def with_postgresql(tmp_path: Path, server: PostgreSQL) -> Deployment:
    return _deployment(tmp_path, migrated_on(server))
