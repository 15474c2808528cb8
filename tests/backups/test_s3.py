"""A bucket as the target, and media in a bucket, on a server that speaks S3."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.backups.conftest import Deployment
from tests.support.s3 import running_s3

# As of a file that is deleted between the listing and the copy.
MISSING = """
from django.core.files.storage import default_storage
from app.backups.places import MissingFile, storage_faults
try:
    with storage_faults("The storage"):
        default_storage.open("gone.txt").read()
except MissingFile:
    print("missing")
"""


def test_it_works(here: Deployment, elsewhere: Deployment, tmp_path: Path) -> None:
    with running_s3(tmp_path) as s3:
        s3.make_bucket("backups")
        target = s3.url.replace("/media?", "/backups/nightly/north?")
        here, elsewhere = replace(here, target=target), replace(elsewhere, target=target)
        name = here.backup()
        stored = s3.names("backups")
        assert {f"nightly/north/{name}/{file}" for file in ("database", "manifest.json", "media.json")} < stored
        second = here.backup("--daily=1", "--weekly=0", "--monthly=0")
        assert here.names() == [second]
        done = elsewhere.run("restore", STORAGE_URL=s3.url)
        assert done.returncode == 0, done.stderr
        assert elsewhere.rows() == here.rows()
        assert set(here.files()) <= s3.names()
        assert "planted" not in done.stdout + done.stderr

        here.backup(STORAGE_URL=s3.url)
        # What a tool makes to show a folder; and a name that a storage changes, so that nobody finds the file.
        s3.put("sites/empty/", b"")
        here.backup(STORAGE_URL=s3.url)
        s3.put("sites//double.txt", b"double")
        odd = here.run("backup", STORAGE_URL=s3.url)
        assert (odd.returncode, "lacks the media file 'sites//double.txt'" in odd.stderr) == (1, True), odd.stderr
        missing = here.run("shell", "-v0", "-c", MISSING, STORAGE_URL=s3.url)
        assert missing.stdout == "missing\n", missing.stderr
        for command in ("backup", "backups"):
            no_bucket = here.run(command, BACKUP_TARGET=target.replace("/backups/", "/absent/"))
            assert (no_bucket.returncode, "Create the bucket." in no_bucket.stderr) == (2, True), no_bucket.stderr

        inside = here.run("backup", STORAGE_URL=s3.url, BACKUP_TARGET=s3.url)
        assert (inside.returncode, "is where media are stored" in inside.stderr) == (2, True)

        s3.process.terminate()
        s3.process.wait()
        for command in ("backup", "restore", "backups"):
            away = here.run(command) if command != "restore" else replace(elsewhere, url=here.url + "-new").run(command)
            assert away.returncode == 1
            assert "target s3://backups/nightly/north cannot be used (EndpointConnectionError)" in away.stderr
            assert "Traceback" not in away.stderr
