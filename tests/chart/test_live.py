"""An upgrade that a live release would not survive is refused, by comparing the values with the cluster."""

from __future__ import annotations

import base64
import copy

import pytest

from tests.chart.live import refusal, rendering
from tests.chart.rendering import Object, Rendered, Values, render

CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data-demo-colonnade-postgresql-0"},
}
SQLITE: Values = {"database": {"type": "sqlite"}}


def cluster(rendered: Rendered, *without: str) -> list[Object]:
    """What an installed release has in the cluster, but for objects with these names."""
    kinds = {"Deployment", "StatefulSet", "Secret"}
    found = [CLAIM, *(one for one in rendered.objects if one["kind"] in kinds)]
    return [one for one in copy.deepcopy(found) if one["metadata"]["name"] not in without]


@pytest.fixture(scope="module")
def installed() -> Rendered:
    return render({"postgresql": {"auth": {"password": "first"}}})


def test_the_same_values_again_are_not_refused(installed: Rendered) -> None:
    assert refusal({}, *cluster(installed)) == ""
    assert refusal({"postgresql": {"auth": {"password": "first"}}}, *cluster(installed)) == ""
    assert refusal({"image": {"tag": "2"}, "postgresql": {"image": {"tag": "17.6"}}}, *cluster(installed)) == ""


def test_nothing_is_refused_in_an_empty_cluster() -> None:
    assert refusal({}) == ""
    assert refusal(SQLITE) == ""


def test_another_type_of_database_is_refused_until_the_data_was_moved(installed: Rendered) -> None:
    message = refusal(SQLITE, *cluster(installed))
    assert "database.type=sqlite: this release uses postgresql" in message
    assert "set database.switchedFrom=postgresql" in message
    assert refusal({"database": {"type": "sqlite", "switchedFrom": "postgresql"}}, *cluster(installed)) == ""
    # Back again is another switch.
    there = cluster(render({"database": {"type": "sqlite", "switchedFrom": "postgresql"}}), CLAIM["metadata"]["name"])
    assert "this release uses sqlite" in refusal({"database": {"switchedFrom": "postgresql"}}, *there)


def test_another_password_is_refused_until_the_server_has_it(installed: Rendered) -> None:
    values: Values = {"postgresql": {"auth": {"password": "second"}}}
    message = refusal(values, *cluster(installed))
    assert "postgresql.auth.password is not the password of the existing database" in message
    assert "psql -U colonnade" in message
    changed = cluster(installed)
    secret = next(one for one in changed if one["metadata"]["name"] == "demo-colonnade-postgresql" and "data" in one)
    secret["data"]["password"] = base64.b64encode(b"second").decode()
    assert refusal(values, *changed) == ""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"postgresql": {"auth": {"username": "other"}}}, "postgresql.auth.username=other: the existing database was"),
        ({"postgresql": {"auth": {"database": "other"}}}, "postgresql.auth.database=other: the existing database was"),
        ({"postgresql": {"image": {"tag": 18}}}, "PostgreSQL 18 cannot read the volume of PostgreSQL 17"),
        ({"postgresql": {"image": {"tag": "18.1-trixie"}}}, "PostgreSQL 18 cannot read the volume of PostgreSQL 17"),
    ],
)
def test_what_the_volume_was_not_made_with_is_refused(installed: Rendered, values: Values, message: str) -> None:
    assert message in refusal(values, *cluster(installed))
    # Without its volume, the server starts afresh.
    assert refusal(values, *cluster(installed, CLAIM["metadata"]["name"])) == ""


def test_a_live_release_never_gets_another_generated_key(installed: Rendered) -> None:
    there = cluster(installed, "demo-colonnade-secret-key")
    message = refusal({}, *there)
    assert "The Secret demo-colonnade-secret-key with the generated key does not exist" in message
    assert "kubectl -n websites create secret generic demo-colonnade-secret-key --from-literal=secret-key=" in message
    assert refusal({"django": {"secretKey": "mine"}}, *there) == ""
    assert refusal({"django": {"existingSecret": "mine"}}, *there) == ""


def claim(name: str, size: str, storage_class: str = "standard", mode: str = "ReadWriteOnce") -> Object:
    resources = {"requests": {"storage": size}}
    spec = {"accessModes": [mode], "storageClassName": storage_class, "resources": resources}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


MEDIA = claim("demo-colonnade-media", "10Gi")
DATA = claim("demo-colonnade-data", "5Gi")
BACKUP = claim("demo-colonnade-backup", "20Gi")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": "20Gi"}, "size=20Gi: the StatefulSet demo-colonnade-postgresql has 10Gi"),
        ({"size": "5Gi"}, 'follow UPGRADING.md, "A larger volume of the bundled PostgreSQL"'),
        ({"storageClass": "fast"}, 'storageClass="fast": the existing claim has ""'),
        (
            {"accessModes": ["ReadWriteOncePod"]},
            'accessModes=["ReadWriteOncePod"]: the existing claim has ["ReadWriteOnce"]',
        ),
    ],
)
def test_another_volume_of_the_database_is_refused_before_anything_changes(
    installed: Rendered, values: Values, message: str
) -> None:
    assert message in refusal({"postgresql": {"persistence": values}}, *cluster(installed))
    # As UPGRADING.md says: without the StatefulSet, the upgrade creates it with the new value.
    left = [one for one in cluster(installed) if one["kind"] != "StatefulSet"]
    assert refusal({"postgresql": {"persistence": values}}, *left) == ""


@pytest.mark.parametrize("size", ["10Gi", "10240Mi", "10737418240", "10.0Gi"])
def test_another_way_to_write_a_size_is_no_change(installed: Rendered, size: str) -> None:
    assert refusal({"postgresql": {"persistence": {"size": size}}}, *cluster(installed)) == ""
    assert refusal({"persistence": {"media": {"size": size}}}, *cluster(installed), MEDIA) == ""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": "9Gi"}, "size=9Gi: the claim demo-colonnade-media has 10Gi, and a claim cannot become smaller"),
        ({"size": "10G"}, "size=10G: the claim demo-colonnade-media has 10Gi, and a claim cannot become smaller"),
        ({"storageClass": "fast"}, 'storageClass="fast": the existing claim has "standard"'),
        ({"accessModes": ["ReadWriteMany"]}, 'the existing claim has ["ReadWriteOnce"]'),
        ({"size": "11Gi", "storageClass": "standard"}, ""),
        ({"existingClaim": "other", "size": "1Gi"}, ""),
        ({"enabled": False, "size": "1Gi"}, ""),
    ],
)
def test_what_a_claim_cannot_become_is_refused(installed: Rendered, values: Values, message: str) -> None:
    refused = refusal({"persistence": {"media": values}}, *cluster(installed), MEDIA)
    assert message in refused if message else refused == ""


def test_a_claim_of_sqlite_and_of_backups_is_compared_as_well(installed: Rendered) -> None:
    there = cluster(render(SQLITE), CLAIM["metadata"]["name"])
    small: Values = {**SQLITE, "persistence": {"data": {"size": "1Gi"}}}
    assert "persistence.data.size=1Gi: the claim demo-colonnade-data has 5Gi" in refusal(small, *there, DATA)
    assert refusal({"persistence": {"data": {"size": "1Gi"}}}, *cluster(installed), DATA) == ""
    larger: Values = {"backup": {"enabled": True, "persistence": {"size": "50Gi"}}}
    message = refusal(larger, *cluster(installed), BACKUP)
    # No upgrade writes this claim again, so the value would have no effect.
    assert 'kubectl -n websites patch pvc demo-colonnade-backup -p \'{"spec"' in message
    assert '"storage": "50Gi"' in message
    assert refusal(larger, *cluster(installed), claim("demo-colonnade-backup", "50Gi")) == ""
    assert refusal({"backup": larger["backup"] | {"enabled": False}}, *cluster(installed), BACKUP) == ""


@pytest.mark.parametrize(
    ("values", "component"), [({}, "release"), ({**SQLITE, "sites": {"north": {"domain": "a.example"}}}, "sites")]
)
def test_a_failed_job_gets_another_name_and_any_other_keeps_its_own(values: Values, component: str) -> None:
    def job(*there: Object) -> str:
        objects = rendering(values, *there)
        name = next(one for one in objects if one["kind"] == "Job")["metadata"]["name"]
        current = [one["data"]["job"] for one in objects if one["metadata"]["name"] == "demo-colonnade-release"]
        assert all(name.endswith(one) for one in current)
        return str(name)

    first = job()
    assert first.startswith(f"demo-colonnade-{component}-")
    there: Object = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": first}}
    assert job(there) == first  # it runs
    for condition, status in [("Complete", "True"), ("Failed", "False"), ("Suspended", "True")]:
        assert job({**there, "status": {"conditions": [{"type": condition, "status": status}]}}) == first
    failed = job({**there, "status": {"conditions": [{"type": "Failed", "status": "True"}]}})
    assert failed != first
    assert failed.startswith(f"demo-colonnade-{component}-")
