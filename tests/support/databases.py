"""Migrated databases, the demo and the collected static files: made once per test run, and copied for each test.

Tests that are about migrating or releasing make their own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.commands import managed
from tests.support.postgresql import PostgreSQL
from tests.support.server import settings_in

_SHARED = "COLONNADE_TESTS_SHARED"
_kept: list[TemporaryDirectory[str]] = []


def shared_folder() -> Path:
    """The folder of this run. The first process makes it and removes it at its end; xdist's workers inherit its name.

    It is not one of pytest's: those are removed by the user's next pytest run but two, even in use.
    """
    if _SHARED not in os.environ:
        _kept.append(TemporaryDirectory(prefix="colonnade-tests-shared-"))
        os.environ[_SHARED] = _kept[0].name
    return Path(os.environ[_SHARED])


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this run with this name. Nobody changes it: `make` fills it in the first process that asks."""
    shared = shared_folder()
    made = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = shared / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return made


def migrated_in(folder: Path) -> dict[str, str]:
    """The settings of a migrated SQLite database in `folder`."""
    return _copied(made_once("migrated", _migrate), folder)


def demo_in(folder: Path) -> dict[str, str]:
    """The settings of an SQLite database with the demo, and of its media, in `folder`."""
    return _copied(made_once("demo", _fill), folder)


def collected_static() -> dict[str, str]:
    """Settings with the collected static files, which servers only read."""
    made = made_once("static", lambda folder: managed("collectstatic", "--noinput", "-v0", **_static_in(folder)))
    return _static_in(made)


def migrated_on(server: PostgreSQL) -> str:
    """The URL of a new migrated database."""
    return server.url(server.create_database(template=server.made_once("migrated", _migrate_on)))


def demo_on(server: PostgreSQL) -> str:
    """The URL of a new database with the demo."""

    def make(url: str) -> None:
        _migrate_on(url)
        managed("demo", DATABASE_URL=url)

    return server.url(server.create_database(template=server.made_once("demo", make)))


def _migrate(folder: Path) -> None:
    managed("migrate", "-v0", **settings_in(folder))


def _fill(folder: Path) -> None:
    managed("demo", **migrated_in(folder))


def _static_in(folder: Path) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "tests.e2e.settings", "COLLECTED_STATIC": str(folder)}


def _migrate_on(url: str) -> None:
    managed("migrate", "-v0", DATABASE_URL=url)


def _copied(made: Path, folder: Path) -> dict[str, str]:
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return settings_in(folder)
