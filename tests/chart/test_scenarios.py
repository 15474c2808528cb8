"""Clusters accept every scenario in ci/, and every policy rule passes."""

from __future__ import annotations

import helm_python
import pytest

from tests.chart import policy, rendering, schemas
from tests.chart.rendering import CHART, SCENARIOS, render, scenario


def test_it_works() -> None:
    rendered = render()
    assert {"Deployment", "Service", "StatefulSet", "Job", "CronJob", "Secret"} <= {
        kind for kind, _ in rendered.names()
    }


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 12


@pytest.mark.parametrize("name", SCENARIOS)
def test_kubernetes_1_30_to_1_37_accept_every_object(name: str) -> None:
    faults = [
        f"{version} {rendering.identity(one)}: {fault}"
        for version in schemas.VERSIONS
        for one in render(scenario(name)).objects
        for fault in schemas.faults(one, version)
    ]
    assert not faults


@pytest.mark.parametrize("name", SCENARIOS)
def test_policy_finds_nothing(name: str) -> None:
    assert policy.findings(render(scenario(name)).objects, provided=policy.named_by(scenario(name))) == []


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("release", ["demo", "a" * 53, "my-colonnade"])
def test_names_fit(name: str, release: str) -> None:
    rendered = render(scenario(name), release=release)
    for kind, own in rendered.names():
        assert len(own) <= (52 if kind in {"CronJob", "StatefulSet"} else 63), (kind, own)
    assert len(rendered.names()) == len(rendered.objects)


def test_long_release_names_with_the_same_beginning_give_different_names() -> None:
    one, other = (render(release="r" * 52 + last).names() for last in "ab")
    assert not one & other


@pytest.mark.parametrize("name", SCENARIOS)
def test_two_renderings_differ_only_in_generated_secrets(name: str) -> None:
    first, second = (rendering.sources(scenario(name)) for _ in range(2))
    differ = {source.rpartition("templates/")[2] for source in first if first[source] != second[source]}
    assert differ <= {"secret-key.yaml", "secret-database-role.yaml", "postgresql/secret.yaml", "predeploy.yaml"}


def test_nothing_of_the_high_availability_scenario_is_lost_with_one_pod_or_one_node() -> None:
    rendered = render(scenario("high-availability"))
    assert not [*rendered.kind("StatefulSet"), *rendered.kind("PersistentVolumeClaim")]
    deployments = {one["metadata"]["name"]: one["spec"] for one in rendered.kind("Deployment")}
    assert {name: spec["replicas"] for name, spec in deployments.items()} == {
        "demo-colonnade": 2,
        "demo-colonnade-routes": 2,
    }
    host = deployments["demo-colonnade"]["template"]["spec"]["topologySpreadConstraints"][0]
    assert (host["topologyKey"], host["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "DoNotSchedule")
    # Without these two, a rollout or a drain with two nodes leaves a pod that no node takes.
    assert (host["nodeTaintsPolicy"], host["matchLabelKeys"]) == ("Honor", ["pod-template-hash"])
    assert rendered.of("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_the_chart_lints_without_a_warning() -> None:
    report = helm_python.lint(str(CHART), strict=True)
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_installed_helm_renders_the_same(name: str) -> None:
    """Helm 3 and Helm 4 if they are installed; otherwise only the library."""

    def comparable(objects: list[rendering.Object]) -> list[rendering.Object]:
        return sorted((one for one in objects if one["kind"] != "Secret"), key=rendering.identity)

    wanted = comparable(render(scenario(name)).objects)
    for helm in rendering.helms():
        assert comparable(rendering.render_by(helm, scenario(name))) == wanted, helm
