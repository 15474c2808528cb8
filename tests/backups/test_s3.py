"""A bucket as the target, and media in a bucket, on a server that speaks S3."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.backups.conftest import Deployment
from tests.support.s3 import running_s3


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
        inside = here.run("backup", STORAGE_URL=s3.url, BACKUP_TARGET=s3.url)
        assert (inside.returncode, "is where media are stored" in inside.stderr) == (2, True)

        s3.process.terminate()
        s3.process.wait()
        for command in ("backup", "restore", "backups"):
            away = here.run(command) if command != "restore" else replace(elsewhere, url=here.url + "-new").run(command)
            assert away.returncode == 1
            assert "target s3://backups/nightly/north cannot be used (EndpointConnectionError)" in away.stderr
            assert "Traceback" not in away.stderr
