"""Targets and backups that cannot be used: one sentence, the promised exit status, and nothing half."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backups.conftest import BRIDGE, Deployment
from tests.support.commands import environment
from tests.support.programs import PYTHON, ROOT


def limited(here: Deployment, command: str, *, kilobytes: int) -> subprocess.CompletedProcess[str]:
    """With a limit for the size of a file: the kernel refuses what a full disk would refuse."""
    line = f"ulimit -f {kilobytes * 2}; exec {PYTHON} manage.py {command}"  # sh counts in blocks of 512 bytes
    env = environment(**here.env)
    return subprocess.run(["sh", "-c", line], cwd=ROOT, env=env, text=True, capture_output=True, check=False)


def test_a_target_that_is_full(here: Deployment) -> None:
    first = here.backup()
    here.write("sites/1/public/large/film.mp4", bytes(8_000_000))
    done = limited(here, "backup --daily=0 --weekly=0 --monthly=0", kilobytes=4096)
    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: backup: The backup target {here.target} is full. Free space there, or use a larger one.\n"
    )
    assert here.names() == [first]
    assert not list(Path(here.target).rglob("*.part"))
    report = here.run("shell", "-v0", "-c", REPORT).stdout
    assert "the last backup failed" in report
    assert " is full." in report


REPORT = """
from app.backups.health import BackupAge
from app.backups.record import collect_metrics
try:
    BackupAge().run()
except Exception as error:
    print(error)
print({metric.name: metric.samples[0].value for metric in collect_metrics() if metric.samples})
"""


def test_a_target_that_is_read_only(here: Deployment) -> None:
    # Not even root may create a file there.
    done = here.run("backup", BACKUP_TARGET="/sys")
    assert done.returncode == 1
    assert "The backup target /sys is not writable (" in done.stderr
    assert "no backup has succeeded yet" in here.run("shell", "-v0", "-c", REPORT).stdout


def _newer(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "version": "9.9", "migrations": [["pages", "9999_future"]]}))


def _damaged(folder: Path) -> None:
    content = bytearray((folder / "database").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "database").write_bytes(content)


def _other_kind(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"sqlite"', '"postgresql"'))


def _lost_media(folder: Path) -> None:
    next(path for path in (folder.parent / "media").rglob("*") if path.is_file()).unlink()


def _damaged_media(folder: Path) -> None:
    path = next(path for path in (folder.parent / "media").rglob("*") if path.is_file())
    path.write_bytes(bytes(len(path.read_bytes())))


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (_newer, 2, "was made by version 9.9"),
        (_damaged, 1, "database is damaged (SHA-256 differs). Use another backup."),
        (_other_kind, 2, "is of postgresql, and DATABASE_URL is sqlite"),
        (_lost_media, 2, "lacks 1 media files of this backup"),
        (_damaged_media, 1, "is damaged (SHA-256 differs)"),
    ],
)
def test_a_backup_that_cannot_be_restored(
    here: Deployment, elsewhere: Deployment, change: Callable[[Path], None], status: int, words: str
) -> None:
    name = here.backup()
    change(Path(here.target) / name)
    done = elsewhere.run("restore", name)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    assert elsewhere.rows() == {}
    assert len(elsewhere.files()) < 2


def test_a_restore_that_has_no_space(here: Deployment, elsewhere: Deployment) -> None:
    here.write(BRIDGE, bytes(8_000_000))
    here.backup()
    done = limited(elsewhere, "restore", kilobytes=4096)
    assert (done.returncode, "The storage of media is full." in done.stderr) == (1, True), done.stderr
    assert BRIDGE not in elsewhere.files()
    assert elsewhere.rows() == {}
    # With space, the same command goes on.
    assert elsewhere.run("restore").returncode == 0
    assert elsewhere.files() == here.files()


def test_a_storage_with_another_file_of_the_same_name(here: Deployment, elsewhere: Deployment) -> None:
    here.backup()
    elsewhere.write(BRIDGE, b"another one")
    done = elsewhere.run("restore")
    assert (done.returncode, f"another file called {BRIDGE}" in done.stderr) == (2, True)
    assert elsewhere.files() == {BRIDGE: b"another one"}
