"""An upgrade that a live release would not survive is refused, by comparing the values with the cluster."""

from __future__ import annotations

import base64
import copy

import pytest

from tests.chart.live import refusal
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
