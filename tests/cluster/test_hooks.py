"""A release whose database exists already: the hook migrates before anything changes."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.cluster import kube
from tests.cluster.kube import CHART, Namespace, Object, is_ready

SERVICE = "second-colonnade"


@pytest.fixture(scope="module")
def database(space: Namespace) -> Iterator[str]:
    """A server that is not the release's own: another release's bundled one."""
    repository, tag = kube.image()
    first: Object = {
        "image": {"repository": repository, "tag": tag},
        "persistence": {"media": {"enabled": False}},
        "networkPolicy": {"enabled": False},
        "cronJobs": {"poll-twitter": {"enabled": False}},
    }
    space.release("install", "first", str(CHART), "--wait", "--timeout", "5m", values=first)
    secret = space.get("secret", "first-colonnade-postgresql")["data"]["url"]
    yield base64.b64decode(secret).decode().rpartition("/")[0] + "/postgres"
    space.release("uninstall", "first", "--wait")


def values(database: str, **more: object) -> Object:
    repository, tag = kube.image()
    return {
        "image": {"repository": repository, "tag": tag},
        "database": {"type": "external"},
        "externalDatabase": {"url": database},
        "persistence": {"media": {"enabled": False}},
        "sites": {"north": {"domain": "north.example.test"}},
        "superuser": {"create": True, "password": "a long pass phrase"},
        **more,
    }


def test_install_migrates_first(space: Namespace, database: str) -> None:
    space.release("install", "second", str(CHART), "--wait", "--timeout", "5m", values=values(database))
    pods = space.pods("web", "second")
    assert all(is_ready(pod) and not kube.restarts(pod) for pod in pods)
    assert space.ask("north.example.test", at=SERVICE).served
    assert not [one for one in space.all("secrets") if one["metadata"]["name"].endswith("predeploy")]


def test_a_failing_migration_changes_nothing(space: Namespace, database: str) -> None:
    before = space.get("deployment", SERVICE)["metadata"]["generation"]
    bad = values(database, release={"backoffLimit": 0}, **kube.broken_migration())
    # The hook runs before the release's objects, its ConfigMap with the bad migration included.
    space.apply(*[{**one, "metadata": {"name": "broken-before"}} for one in bad.pop("extraObjects")])
    bad["volumes"][0]["configMap"]["name"] = "broken-before"
    done = space.release("upgrade", "second", str(CHART), "--wait", "--timeout", "3m", check=False, values=bad)
    assert done.returncode != 0
    assert "this_column_is_not_there" in done.stdout + done.stderr, "Helm prints the log"
    assert not [job for job in space.all("jobs") if job["metadata"]["name"] == f"{SERVICE}-release"]
    assert space.get("deployment", SERVICE)["metadata"]["generation"] == before
    assert space.ask("north.example.test", at=SERVICE).served


def test_a_hook_that_is_not_done_in_time_does_not_run_later(space: Namespace, database: str) -> None:
    late: Object = {
        "volumes": [{"name": "late", "configMap": {"name": "late"}}],
        "volumeMounts": [{"name": "late", "mountPath": "/late"}],
    }
    done = space.release(
        "upgrade", "second", str(CHART), "--wait", "--timeout", "15s", check=False, values=values(database, **late)
    )
    assert done.returncode != 0
    assert not [job for job in space.all("jobs") if job["metadata"]["name"] == f"{SERVICE}-release"]


def test_rollback_brings_back_the_sites_of_then(space: Namespace, database: str) -> None:
    more = {"north": {"domain": "north.example.test"}, "south": {"domain": "south.example.test"}}
    space.release("upgrade", "second", str(CHART), "--wait", "--timeout", "3m", values=values(database, sites=more))
    assert space.ask("south.example.test", at=SERVICE).served
    moved = {"north": {"domain": "nord.example.test"}}
    space.release("upgrade", "second", str(CHART), "--wait", "--timeout", "3m", values=values(database, sites=moved))
    assert space.ask("nord.example.test", at=SERVICE).served
    space.release("rollback", "second", "--wait", "--timeout", "3m")
    assert space.ask("north.example.test", at=SERVICE).served
    space.release("uninstall", "second", "--wait")
