"""What is restored is what was stored; nothing half is ever listed; old backups go, the only one does not."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from app.backups.retention import Keep
from tests.backups.conftest import BRIDGE, NOTES, Deployment
from tests.support.commands import managed


def test_it_works(here: Deployment, elsewhere: Deployment) -> None:
    managed("demo", **here.env)
    before, files = here.rows(), here.files()
    name = here.backup()
    assert here.names() == [name]
    done = elsewhere.run("restore")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"restore: {name}, ")
    assert elsewhere.rows() == before
    assert elsewhere.files() == files
    assert len(files) > 50

    again = elsewhere.run("restore")
    assert (again.returncode, "The database is not empty" in again.stderr) == (2, True)
    assert (elsewhere.rows(), elsewhere.files()) == (before, files)


def test_a_dump_of_an_older_release_is_migrated(here: Deployment, elsewhere: Deployment) -> None:
    assert here.run("migrate", "routes", "zero").returncode == 0
    here.backup()
    assert elsewhere.run("restore").returncode == 0
    assert "routes_routepass" in elsewhere.rows().keys() - here.rows().keys()


def test_media_are_stored_once_and_go_with_the_last_backup_that_lists_them(here: Deployment) -> None:
    target = Path(here.target)
    first = here.backup()
    stored = set((target / "media").rglob("*"))
    assert len([path for path in stored if path.is_file()]) == 2
    # The same backup, some days ago; and what a run left that did not end.
    for name in ("20200101T000000Z", "20200102T000000Z", "20200102T120000Z"):
        shutil.copytree(target / first, target / name)
        (target / name / "manifest.json").write_text(
            (target / first / "manifest.json").read_text().replace(first, name)
        )
    (target / "20200103T000000Z").mkdir()
    (target / "20200103T000000Z" / "database").write_bytes(b"half")
    (target / "media" / "ab").mkdir(exist_ok=True)
    (target / "media" / "ab" / f"ab{'c' * 62}.part").write_bytes(b"half")
    # SECURITY: files with other names are never removed.
    mine = [target / "mine" / "a.txt", target / "media" / "ab" / "holiday.jpg", target / "media" / "notes.part"]
    (target / "mine").mkdir()
    for path in mine:
        path.write_bytes(b"mine")
    assert here.names() == ["20200101T000000Z", "20200102T000000Z", "20200102T120000Z", first]

    damaged = target / "media" / (digest := sha256(here.files()[BRIDGE]).hexdigest())[:2] / digest
    damaged.write_bytes(b"part")
    (here.media / NOTES).unlink()
    here.write("sites/1/public/again/same.jpg", here.files()[BRIDGE])
    second = here.backup("--daily=2", "--weekly=0", "--monthly=0")
    assert damaged.read_bytes() == here.files()[BRIDGE]
    # Of each day the newest one.
    assert here.names() == ["20200102T120000Z", second]
    assert sorted(path.name for path in target.iterdir()) == [
        *("20200102T120000Z", second, "media", "mine", "owner.json")
    ]
    third = here.backup("--daily=0", "--weekly=0", "--monthly=0")
    assert here.names() == [third]
    assert len([path for path in (target / "media").rglob("*") if path.is_file() and path not in mine]) == 1
    assert [path.read_bytes() for path in mine] == [b"mine"] * 3
    assert [line["media_files"] for line in json.loads(here.run("backups", "--json").stdout)] == [2]


def test_a_target_belongs_to_one_deployment(here: Deployment, elsewhere: Deployment) -> None:
    """SECURITY: a rehearsal that backs up into the target of production would remove its backups."""
    name = here.backup()
    assert elsewhere.run("restore").returncode == 0
    refused = elsewhere.run("backup", "--daily=0", "--weekly=0", "--monthly=0")
    assert (refused.returncode, "belongs to another deployment" in refused.stderr) == (2, True), refused.stderr
    assert here.names() == [name]
    # This one replaces the other.
    elsewhere.backup("--adopt")
    assert here.run("backup").returncode == 2
    third = elsewhere.backup()
    # A mark that was lost, or is damaged, is nobody's.
    (Path(here.target) / "owner.json").write_text("{")
    assert elsewhere.run("backup").returncode == 2
    (Path(here.target) / "owner.json").unlink()
    assert elsewhere.run("backup").returncode == 2
    assert here.names()[-1] == third


def test_a_restore_that_fails_leaves_no_copy_with_the_name_of_its_original(
    here: Deployment, elsewhere: Deployment, tmp_path: Path
) -> None:
    name = here.backup()
    work = tmp_path / "work"
    work.mkdir()
    assert elsewhere.run("restore", "--prepare", str(work)).returncode == 0
    with closing(sqlite3.connect(work / "database")) as dump:
        dump.execute("DELETE FROM django_content_type")
        dump.commit()
    failed = elsewhere.run("restore", "--finish", str(work))
    assert (failed.returncode, "differs from the backup" in failed.stderr) == (1, True), failed.stderr
    assert elsewhere.run("backup").returncode == 2
    assert here.names() == [name]


def test_a_backup_is_named_after_the_moment_of_its_data(here: Deployment, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    assert here.run("backup", "--prepare", str(tmp_path / "work")).returncode == 0
    prepared = datetime.now(UTC)
    report = "from app.backups.health import BackupAge; BackupAge().run()"
    assert "has not finished" in here.run("shell", "-v0", "-c", report).stderr
    name = here.backup("--finish", str(tmp_path / "work"))
    assert datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) <= prepared
    assert here.run("shell", "-v0", "-c", report).returncode == 0


def test_keep_takes_the_newest_of_each_period() -> None:
    names = [
        f"2026{month:02}{day:02}T02{minute:02}00Z" for month in (1, 2) for day in (1, 2, 9, 28) for minute in (0, 5)
    ]
    assert Keep(0, 0, 0).of(names) == {"20260228T020500Z"}
    assert Keep(2, 0, 0).of(names) == {"20260228T020500Z", "20260209T020500Z"}
    assert Keep(1, 0, 2).of(names) == {"20260228T020500Z", "20260128T020500Z"}
    assert Keep(0, 3, 0).of(names) == {"20260228T020500Z", "20260209T020500Z", "20260202T020500Z"}


def test_a_second_backup_at_the_same_time_does_nothing(here: Deployment, tmp_path: Path) -> None:
    with (tmp_path / "db.sqlite3.backup-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = here.run("backup")
        # The next step must not run.
        assert here.run("backup", "--prepare", str(tmp_path)).returncode == 1
    assert (done.returncode, done.stdout) == (0, "backup: another backup is running; nothing was done.\n")
    assert here.names() == []


@pytest.mark.parametrize("command", ["backup", "restore", "backups"])
def test_without_a_target(here: Deployment, command: str) -> None:
    for target, words in (("", "BACKUP_TARGET is not set"), ("/nowhere", "does not exist. Mount it")):
        done = here.run(command, BACKUP_TARGET=target)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
