"""Row security needs two database roles: only the release may have the owner's."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.chart.rendering import Refused, Values, containers, environment, pod_spec, render

OWNER = "MIGRATE_DATABASE_URL"
TYPES: dict[str, Values] = {
    "postgresql": {},
    "postgresql, own Secret": {"postgresql": {"auth": {"existingSecret": "mine"}}},
    "external": {"externalDatabase": {"host": "db.example.org", "password": "o"}},
    "external, password in a Secret": {"externalDatabase": {"host": "db.example.org", "existingSecret": "mine"}},
    "external, complete URL": {"externalDatabase": {"url": "postgres://owner:o@db/name"}},
    "cnpg": {},
    "cnpg, existing": {"cnpg": {"create": False, "clusterName": "db"}},
}
COMPLETE = {"external, complete URL", "cnpg, existing"}


def values(name: str, **row_security: Any) -> Values:
    given = {"url": "postgres://pods:p@db/name"} if name in COMPLETE else {}
    database = {"type": name.partition(",")[0], "rowSecurity": {"enabled": True, **given, **row_security}}
    return {"database": database, **TYPES[name]}


def variables(item: dict[str, Any]) -> set[str]:
    spec = pod_spec(item)
    if spec is None:
        return set()
    mounted = [v for v in spec.get("volumes", []) if v["name"] == "credentials"]
    files = {i["path"] for v in mounted for s in v["projected"]["sources"] for i in s["secret"]["items"]}
    return files | {name.removesuffix("_FILE") for c in containers(spec) for name in environment(c)}


def of_secrets(rendered: Any, key: str) -> set[str]:
    found = [one["data"][key] for one in rendered.kind("Secret") if key in one.get("data", {})]
    return {base64.b64decode(value).decode() for value in found}


@pytest.mark.parametrize("name", TYPES)
def test_only_the_release_has_the_url_of_the_owner(name: str) -> None:
    rendered = render(values(name))
    pods = {one["metadata"]["name"]: variables(one) for one in rendered.objects if one["kind"] != "StatefulSet"}
    with_owner = {pod for pod, names in pods.items() if OWNER in names}

    assert with_owner == {pod for pod in pods if "-release" in pod and pods[pod]}
    assert len(with_owner) == 1
    for pod, names in pods.items():
        if {"DATABASE_URL", "SECRET_KEY"} & names:
            assert {"DATABASE_URL", "DATABASE_ROW_SECURITY"} <= names, pod
            assert "PGPASSWORD" not in names or pod in with_owner, "it is the owner's password"


@pytest.mark.parametrize(
    ("name", "host"),
    [("postgresql", "demo-colonnade-postgresql"), ("external", "db.example.org"), ("cnpg", "demo-colonnade-db-rw")],
)
def test_the_role_has_a_generated_password(name: str, host: str) -> None:
    rendered = render(values(name, username="the pods"))
    role = rendered.of("Secret", "demo-colonnade-database-role")
    password = base64.b64decode(role["data"]["password"]).decode()

    assert len(password) == 32
    assert role["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert of_secrets(rendered, "database-url") == {f"postgres://the%20pods:{password}@{host}:5432/colonnade"}


def test_cloudnative_pg_creates_the_role() -> None:
    given = values("cnpg") | {"cnpg": {"spec": {"managed": {"roles": [{"name": "reports"}]}}}}
    roles = render(given).of("Cluster")["spec"]["managed"]["roles"]

    assert [role["name"] for role in roles] == ["reports", "colonnade_pods"]
    assert roles[1]["passwordSecret"] == {"name": "demo-colonnade-database-role"}


def test_a_secret_of_ones_own_has_the_url() -> None:
    rendered = render(values("external", existingSecret="pods", existingSecretKeys={"url": "uri"}))
    sources = [
        source["secret"]
        for volume in rendered.of("Deployment")["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "credentials"
        for source in volume["projected"]["sources"]
    ]
    assert {"name": "pods", "items": [{"key": "uri", "path": "DATABASE_URL"}]} in sources
    assert not of_secrets(rendered, "database-url")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"database": {"type": "sqlite"}}, "SQLite has no row security"),
        ({"release": {"mode": "initContainer"}}, "must not have the URL of the database's owner"),
        (TYPES["external, complete URL"] | {"database": {"type": "external"}}, "set database.rowSecurity.url"),
        (TYPES["cnpg, existing"] | {"database": {"type": "cnpg"}}, "set database.rowSecurity.url"),
    ],
    ids=["sqlite", "init container", "external", "cnpg"],
)
def test_what_cannot_work_is_refused(given: Values, words: str) -> None:
    database = {**given.get("database", {}), "rowSecurity": {"enabled": True}}
    with pytest.raises(Refused, match=words):
        render({**given, "database": database})


def test_without_it_nothing_is_different() -> None:
    rendered = render({"database": {"rowSecurity": {"enabled": False}}})
    assert all(OWNER not in variables(one) for one in rendered.objects)
    assert not of_secrets(rendered, "database-url")
    assert "demo-colonnade-database-role" not in {name for _, name in rendered.names()}
