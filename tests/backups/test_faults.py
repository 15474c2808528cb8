"""Targets and backups that cannot be used: one sentence, the promised exit status, and nothing half."""

from __future__ import annotations

import errno
import io
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.backups.errors import BackupFailed
from app.backups.manifest import Manifest, Media, Sum, SummingReader, media_as_bytes, text_sum
from app.backups.places import Folder
from app.backups.target import ChangedFile, Target
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
    (Path(here.target) / "media").symlink_to("/sys/module")
    (Path(here.target) / "owner.json").write_text(json.dumps({"deployment": ""}))
    done = here.run("backup", "--adopt")
    assert done.returncode == 1
    assert re.search(r"target \S+(: no access to \S+/media/| is not writable \()", done.stderr), done.stderr
    assert "no backup has succeeded yet" in here.run("shell", "-v0", "-c", REPORT).stdout


def test_an_error_of_reading_is_not_blamed_on_the_place_that_is_written(tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, _: int = -1, /) -> bytes:
            raise OSError(errno.EIO, "broken")

    source = SummingReader(Broken(), "The storage of media")  # type: ignore[arg-type]  # it has read()
    with pytest.raises(BackupFailed, match="The storage of media cannot be used"):
        Folder(tmp_path).write("a/b", source)  # type: ignore[arg-type]  # it has read()
    assert list((tmp_path / "a").iterdir()) == []


def test_a_target_with_other_files(here: Deployment, tmp_path: Path) -> None:
    """SECURITY: media below the target were taken for what an earlier run left."""
    (tmp_path / "outer" / "media" / "sites").mkdir(parents=True)
    picture = tmp_path / "outer" / "media" / "sites" / "picture.jpg"
    picture.write_bytes(b"mine")
    outer = str(tmp_path / "outer")
    for words, env in (
        ("is where media are stored", {"BACKUP_TARGET": outer, "MEDIA_ROOT": f"{outer}/media"}),
        ("is where media are stored", {"BACKUP_TARGET": f"{outer}/media/sites", "MEDIA_ROOT": f"{outer}/media"}),
        ("has other files. Use an empty folder", {"BACKUP_TARGET": outer}),
    ):
        done = here.run("backup", "--adopt", **env)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert [path for path in (tmp_path / "outer").rglob("*") if path.is_file()] == [picture]


def test_a_disk_of_its_own_is_a_target(here: Deployment) -> None:
    """A new file system has this folder, which only root may read."""
    (Path(here.target) / "lost+found").mkdir(mode=0o700)
    name = here.backup()
    assert here.names() == [name]
    assert (Path(here.target) / "lost+found").is_dir()


def test_a_dump_that_changes_while_it_is_stored_is_no_backup(tmp_path: Path) -> None:
    database, media = b"the dump", dict[str, Media]()
    manifest = Manifest(
        name="20261126T020000Z",
        version="1",
        vendor="sqlite",
        migrations=[],
        rows={},
        database=Sum(len(database), "0" * 64),
        media=text_sum(media_as_bytes(media)),
        media_files=0,
        media_bytes=0,
    )
    target = Target(Folder(tmp_path))
    with pytest.raises(ChangedFile, match="The dump changed while it was copied"):
        target.add(manifest, io.BytesIO(database), media, "The working folder")
    assert target.names() == []
    target.remove_leftovers()
    assert not list(tmp_path.rglob("database*"))


def test_an_empty_database_replaces_no_backup(here: Deployment, elsewhere: Deployment) -> None:
    name = here.backup()
    # As after the installation of a release without pods, or before a restore.
    for _ in range(2):
        done = elsewhere.run("backup")
        assert (done.returncode, "The database is empty. Run `release`" in done.stderr) == (2, True), done.stderr
    assert here.names() == [name]


def test_a_database_that_fails_during_a_backup(here: Deployment, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as opened:
        opened.execute("DROP TABLE backups_backuprecord")
    done = here.run("backup")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "The failure is not in the report" in done.stderr
    assert "The database failed (OperationalError)" in done.stderr


def test_a_media_file_that_changes_all_the_time_stops_no_backup(here: Deployment) -> None:
    (here.media / "log.txt").symlink_to("/proc/sys/kernel/random/uuid")  # other content each time
    done = here.run("backup")
    assert (done.returncode, "lacks the media file 'log.txt': it changed" in done.stderr) == (1, True), done.stderr
    assert len(here.names()) == 1


def test_a_damaged_old_backup_hides_no_new_one(here: Deployment) -> None:
    target, first = Path(here.target), here.backup()
    old = "20200101T000000Z"
    (target / first).rename(target / old)
    (target / old / "database").unlink()
    here.write("sites/1/public/new/new.txt", b"new")
    (here.media / BRIDGE).unlink()
    done = here.run("backup")
    assert (done.returncode, f"Delete the folder {old} of the target" in done.stderr) == (1, True), done.stderr
    assert len(here.names()) == 2
    lines = here.run("backups").stdout.splitlines()
    assert (old in lines[0], "is damaged (size differs)" in lines[0], "rows" in lines[1]) == (True, True, True)
    assert len([path for path in (target / "media").rglob("*") if path.is_file()]) == 3
    report = here.run("shell", "-v0", "-c", REPORT).stdout
    assert ("the last backup failed" in report, "hours old" in report) == (True, False), report
    assert "'colonnade_backup_exit_code': 1" in report

    shutil.rmtree(target / old)
    here.backup()
    assert len([path for path in (target / "media").rglob("*") if path.is_file()]) == 2


def test_a_restore_that_is_killed_leaves_no_part_under_a_name(here: Deployment, elsewhere: Deployment) -> None:
    here.backup()
    assert elsewhere.run("shell", "-v0", "-c", KILLED.replace("NAME", BRIDGE)).returncode == 9
    assert [name.rpartition("/")[2] for name in elsewhere.files()] == ["restore.part"]
    done = elsewhere.run("restore")
    assert done.returncode == 0, done.stderr
    assert elsewhere.files() == here.files()


KILLED = """
import os
from app.backups.media import _save
class Source:
    parts = [b"half"]
    def read(self, size):
        return self.parts.pop() if self.parts else os._exit(9)
_save("NAME", Source())
"""


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
