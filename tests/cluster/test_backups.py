"""A release is lost with its data, and comes back from a backup on a claim: row by row, and byte by byte."""

from __future__ import annotations

import time

from tests.cluster import kube
from tests.cluster.kube import CHART, Namespace, Object

DATABASE = "demo-colonnade-postgresql-0"
#: Every row of every table as text, but for the one that says when backups and restores ended.
ROWS = r"""
SELECT format('SELECT %L, t::text FROM %I AS t ORDER BY 2', tablename, tablename)
FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'backups_backuprecord' ORDER BY tablename \gexec
"""
#: As the documentation says it. A poll between two looks at the rows would change them.
SUSPENDED = {"suspend": True}
FILES = """
import hashlib, pathlib
for path in sorted(pathlib.Path("/media").rglob("*")):
    if path.is_file():
        print(path, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def values(**more: object) -> Object:
    repository, tag = kube.image()
    return {
        "image": {"repository": repository, "tag": tag},
        "backup": {"enabled": True},
        "database": {"rowSecurity": {"enabled": True}},
        "sites": {"west": {"domain": "west.example.test"}},
        **more,
    }


def helm(space: Namespace, command: str, **more: object) -> None:
    space.release(command, "demo", str(CHART), "--wait", "--timeout", "5m", values=values(**more))


def rows(space: Namespace) -> list[str]:
    command = ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-U", "colonnade", "colonnade"]
    return space.kubectl("exec", "-i", DATABASE, "--", *command, stdin=ROWS).splitlines()


def files(space: Namespace) -> list[str]:
    return space.kubectl("exec", "deploy/demo-colonnade", "-c", "web", "--", "python", "-c", FILES).splitlines()


def test_what_was_lost_comes_back(space: Namespace, figures: dict[str, str]) -> None:
    helm(space, "install", cronJobDefaults=SUSPENDED)
    space.kubectl("exec", "deploy/demo-colonnade", "-c", "web", "--", "python", "manage.py", "demo")
    before, media = rows(space), files(space)
    assert len(before) > 500
    assert len(media) > 50

    began = time.monotonic()
    done, logs = space.run_now("backup", "backup-now")
    assert done, logs
    figures[f"{space.name}: backup of {len(before)} rows, {len(media)} files"] = f"{time.monotonic() - began:.0f} s"
    refused, logs = space.run_now("restore", "restore-refused")
    assert not refused
    assert "The database is not empty" in logs
    assert rows(space) == before

    space.release("uninstall", "demo", "--wait")
    claims = [f"data-{DATABASE}", "demo-colonnade-media"]
    space.kubectl("delete", "pvc", *claims, "--wait", "--timeout=120s")
    space.kubectl("delete", "secret", "demo-colonnade-postgresql")
    # Without --wait: no pod mounts the claim of media yet.
    lost = values(replicaCount=0, release={"mode": "none"}, cronJobDefaults=SUSPENDED)
    space.release("install", "demo", str(CHART), values=lost)
    began = time.monotonic()
    done, logs = space.run_now("restore", "restore-now")
    assert done, logs
    figures[f"{space.name}: restore"] = f"{time.monotonic() - began:.0f} s"
    assert rows(space) == before
    # The restored deployment is another one than the target belongs to.
    helm(space, "upgrade", backup={"enabled": True, "adopt": True})
    assert files(space) == media
    assert space.ask("west.example.test", at="demo-colonnade").served
    done, logs = space.run_now("backup", "backup-after")
    assert done, logs
    space.release("uninstall", "demo", "--wait")
    space.kubectl("delete", "pvc", "--all", "--wait=false")
