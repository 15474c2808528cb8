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
    "status": {"phase": "Bound"},
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


def claim(name: str, size: str, *, has: str = "", storage_class: str | None = "standard") -> Object:
    """A claim with a volume, of this size or of another one that it `has`."""
    resources = {"requests": {"storage": size}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    status = {"phase": "Bound", "capacity": {"storage": has or size}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": spec,
        "status": status,
    }


def waiting(claim: Object) -> Object:
    return {**claim, "status": {"phase": "Pending"}}


MEDIA = claim("demo-colonnade-media", "10Gi")
DATA = claim("demo-colonnade-data", "5Gi")
BACKUP = claim("demo-colonnade-backup", "20Gi")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": "20Gi"}, "size=20Gi: the StatefulSet demo-colonnade-postgresql has 10Gi"),
        ({"size": "5Gi"}, 'Follow UPGRADING.md, "A larger volume of the bundled PostgreSQL"'),
        ({"storageClass": "fast"}, 'postgresql.persistence.storageClass="fast": the existing claim has ""'),
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


def test_the_message_names_the_value_that_was_set(installed: Rendered) -> None:
    message = refusal({"global": {"storageClass": "fast"}}, *cluster(installed), MEDIA)
    assert 'global.storageClass="fast": the existing claim has' in message


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


def test_a_claim_without_a_volume_is_to_be_deleted(installed: Rendered) -> None:
    media = waiting(MEDIA)
    assert refusal({}, *cluster(installed), media) == ""
    for values in ({"size": "11Gi"}, {"size": "9Gi"}, {"storageClass": "fast"}, {"accessModes": ["ReadWriteMany"]}):
        message = refusal({"persistence": {"media": values}}, *cluster(installed), media)
        assert "delete it (kubectl -n websites delete pvc demo-colonnade-media)" in message
    unbound = [*cluster(installed, CLAIM["metadata"]["name"]), waiting(CLAIM)]
    for values in ({"size": "11Gi"}, {"storageClass": "fast"}):
        message = refusal({"postgresql": {"persistence": values}}, *unbound)
        own = "demo-colonnade-postgresql"
        assert f"kubectl -n websites delete statefulset/{own} pvc/data-{own}-0, and repeat the upgrade" in message
    larger: Values = {"backup": {"enabled": True, "persistence": {"size": "50Gi"}}}
    message = refusal(larger, *cluster(installed), waiting(BACKUP))
    assert "kubectl -n websites delete pvc demo-colonnade-backup" in message


def test_a_claim_without_a_class_may_get_one(installed: Rendered) -> None:
    fast: Values = {"persistence": {"media": {"storageClass": "fast"}}}
    without = claim("demo-colonnade-media", "10Gi", storage_class=None)
    assert refusal(fast, *cluster(installed), without) == ""
    none = claim("demo-colonnade-media", "10Gi", storage_class="")
    assert 'the existing claim has ""' in refusal(fast, *cluster(installed), none)
    assert refusal({"persistence": {"media": {"storageClass": "-"}}}, *cluster(installed), none) == ""


def test_an_expansion_that_the_storage_could_not_carry_out_may_be_made_smaller(installed: Rendered) -> None:
    stuck = claim("demo-colonnade-media", "1Ti", has="10Gi")
    for size, refused in (("20Gi", False), ("1Ti", False), ("10Gi", True), ("9Gi", True)):
        message = refusal({"persistence": {"media": {"size": size}}}, *cluster(installed), stuck)
        assert ("a claim cannot become smaller" in message) == refused, size


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
    # It may have been changed by hand, and nothing of it fails.
    grown = claim("demo-colonnade-backup", "60Gi")
    for backup in (claim("demo-colonnade-backup", "50Gi"), grown):
        values = {"enabled": True, "persistence": {"size": "50Gi", "storageClass": "fast"}}
        assert refusal({"backup": values}, *cluster(installed), backup) == ""
    assert refusal({"backup": larger["backup"] | {"enabled": False}}, *cluster(installed), BACKUP) == ""


@pytest.mark.parametrize(
    ("values", "component"), [({}, "release"), ({**SQLITE, "sites": {"north": {"domain": "a.example"}}}, "sites")]
)
def test_a_failed_job_gets_another_name_and_any_other_keeps_its_own(values: Values, component: str) -> None:
    def next_job(*there: Object) -> str:
        objects = rendering(values, *there)
        name = next(one for one in objects if one["kind"] == "Job")["metadata"]["name"]
        current = [one["data"]["job"] for one in objects if one["metadata"]["name"] == "demo-colonnade-release"]
        assert all(name.endswith(one) for one in current)
        return str(name)

    def job(name: str, condition: str = "", status: str = "True") -> Object:
        conditions = [{"type": condition, "status": status}] if condition else []
        there: Object = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
        return {**there, "status": {"conditions": conditions}}

    first = next_job()
    assert first.startswith(f"demo-colonnade-{component}-")
    assert next_job({**job(first), "status": {}}) == first  # it has not begun
    for condition, status in [("", ""), ("Complete", "True"), ("Failed", "False"), ("Suspended", "True")]:
        assert next_job(job(first, condition, status)) == first
    second = next_job(job(first, "Failed"))
    assert second != first
    assert second.startswith(f"demo-colonnade-{component}-")
    # A later upgrade leaves the second attempt alone, also when the first one has been deleted.
    for there in ([job(first, "Failed"), job(second)], [job(second)], [job(second, "Complete")]):
        assert next_job(*there) == second
    third = next_job(job(first, "Failed"), job(second, "Failed"))
    assert third not in {first, second}
    assert next_job(job(second, "Failed")) == third
