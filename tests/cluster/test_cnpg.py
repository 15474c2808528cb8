"""A database that CloudNativePG runs: installation, failover of two instances, and row security, in order.

TEST_CNPG is JSON for `cnpg.spec`, for example the image to use: {"imageName": "postgres:17", "postgresUID": 999}.
"""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.cluster import kube
from tests.cluster.kube import CHART, Namespace, Object, has_kind, is_ready, restarts, until

DATABASE = "demo-colonnade-db"
HOST = "north.cnpg.test"
ROLE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print(cursor.fetchone()[0])
"""

pytestmark = pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and not has_kind("clusters.postgresql.cnpg.io"),
    reason="CloudNativePG is not installed on this cluster",
)


def values(**more: object) -> Object:
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "database": {"type": "cnpg"},
        "cnpg": {"instances": 2, "size": "1Gi", "spec": json.loads(os.environ.get("TEST_CNPG", "{}"))},
        "sites": {"north": {"domain": HOST}},
        **more,
    }


def primary(space: Namespace) -> str:
    return str(space.get("clusters.postgresql.cnpg.io", DATABASE)["status"].get("currentPrimary", ""))


def instances(space: Namespace) -> int:
    return int(space.get("clusters.postgresql.cnpg.io", DATABASE)["status"].get("readyInstances", 0))


def test_a_first_installation(place: Namespace, figures: dict[str, str]) -> None:
    began = time.monotonic()
    place.release("install", "demo", str(CHART), "--wait", "--timeout", "8m", values=values())
    figures["CloudNativePG: install to ready"] = f"{time.monotonic() - began:.0f} s"
    (web,) = place.pods("web")
    assert is_ready(web)
    assert not restarts(web)
    assert place.ask(HOST, at="demo-colonnade").served
    until(lambda: instances(place) == 2, what="the second instance", seconds=300)


def test_a_failover_loses_no_row_and_restarts_no_pod(place: Namespace, figures: dict[str, str]) -> None:
    place.manage("sites", "add", "before.cnpg.test")
    before = primary(place)
    place.kubectl("delete", "pod", before, "--grace-period=0", "--force")
    began = time.monotonic()
    until(lambda: primary(place) not in {"", before}, what="another primary", seconds=180)

    def is_written() -> bool:
        command = ("kubectl", "-n", place.name, "exec", "deploy/demo-colonnade", "-c", "web", "--")
        add = ("python", "manage.py", "sites", "add", "after.cnpg.test")
        return not kube.run(*command, *add, check=False).returncode

    until(is_written, what="a write", seconds=180)
    figures["CloudNativePG: the primary is gone, until a write succeeds"] = f"{time.monotonic() - began:.0f} s"
    domains = {one["domain"] for one in json.loads(place.manage("sites", "list", "--json"))}
    assert {"before.cnpg.test", "after.cnpg.test", HOST} <= domains
    until(lambda: all(map(is_ready, place.pods("web"))), what="the web pod")
    assert not any(map(restarts, place.pods("web")))
    until(lambda: instances(place) == 2, what="two instances again", seconds=300)


def test_row_security(place: Namespace) -> None:
    """The role of the pods is made by the operator, so no superuser is needed."""
    given = values(database={"type": "cnpg", "rowSecurity": {"enabled": True}})
    place.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "8m", values=given)
    until(lambda: place.ask(HOST, at="demo-colonnade").served, what="the site")
    assert place.manage("shell", "--no-imports", "-c", ROLE).split()[-1] == "colonnade_pods"
