"""Routes for sites that are not declared: off by default, and with the rights for them alone."""

from __future__ import annotations

import json

import pytest

from tests.chart import policy
from tests.chart.rendering import SCENARIOS, Object, Rendered, Values, environment, pod_spec, render, scenario

INGRESS: Values = {"ingress": {"enabled": True}, "routes": {"reconcile": {"enabled": True}}}
NAME = "demo-colonnade-routes"


def rules(rendered: Rendered) -> dict[str, set[str]]:
    """Resource → what may be done with it; with names in brackets if only those."""
    found: dict[str, set[str]] = {}
    for one in rendered.of("Role")["rules"]:
        for resource in one["resources"]:
            named = f"{resource}{one['resourceNames']}" if "resourceNames" in one else resource
            found[named] = set(one["verbs"])
    return found


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "routes" not in scenario(name)])
def test_off_by_default(name: str) -> None:
    rendered = render(scenario(name))
    assert not rendered.kind("Role")
    assert not [own for _, own in rendered.names() if own.endswith(("-routes", "-route-template"))]


def test_the_rights_are_for_the_routes_of_the_enabled_kinds() -> None:
    own = {"get", "list", "watch", "create", "patch", "delete"}
    lease = {"leases": {"create"}, f"leases['{NAME}']": {"get", "update"}}
    assert rules(render(INGRESS)) == {"ingresses": own, **lease}
    issued = {**INGRESS, "tls": {"mode": "perSite", "issuer": "letsencrypt"}}
    assert rules(render(issued))["certificates"] == {"get", "list", "watch"}
    gateway = rules(render(scenario("routes")))
    assert gateway == {"httproutes": own, "listenersets": own, "certificates": own, **lease}


def test_only_one_container_of_the_release_has_a_token() -> None:
    rendered = render(scenario("routes"))
    holders = []
    for one in rendered.objects:
        spec = pod_spec(one)
        if spec is None:
            continue
        assert spec["automountServiceAccountToken"] is False
        volumes = {volume["name"] for volume in spec.get("volumes", []) if "serviceAccountToken" in json.dumps(volume)}
        every = [*spec.get("initContainers", []), *spec["containers"]]
        holders += [
            (one["metadata"]["name"], container["name"])
            for container in every
            if volumes & {mount["name"] for mount in container.get("volumeMounts", [])}
        ]
        assert (spec.get("serviceAccountName") == NAME) is (one["metadata"]["name"] == NAME)
    assert holders == [(NAME, "routes")]


def test_the_pod_has_what_the_command_needs_and_restarts_with_its_template() -> None:
    def spec_and_annotations(values: Values) -> tuple[Object, Object]:
        template = render(values).of("Deployment", NAME)["spec"]["template"]
        return template["spec"], template["metadata"]["annotations"]

    spec, annotations = spec_and_annotations(INGRESS)
    (container,) = spec["containers"]
    assert container["args"] == ["manage", "reconcile_routes", "/etc/colonnade-routes/template.json"]
    assert environment(container)["SITES_REFRESH_SECONDS"] == "1"
    assert not [volume for volume in spec["volumes"] if "persistentVolumeClaim" in volume]
    allowing = {**INGRESS, "routes": {"reconcile": {"enabled": True, "allowMassRemoval": True}}}
    assert spec_and_annotations(allowing)[0]["containers"][0]["args"][-1] == "--allow-mass-removal"
    other = {**INGRESS, "ingress": {"enabled": True, "className": "other"}}
    assert spec_and_annotations(other)[1] != annotations
    more = {**INGRESS, "sites": {"north": {"domain": "north.example.org"}}}
    assert spec_and_annotations(more) == (spec, annotations), "a declared site restarts nothing"


def test_replicas_are_on_different_nodes_if_there_are_some() -> None:
    zone = {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "zone"}}]
    }
    spec = pod_spec(render({**INGRESS, "affinity": {"podAntiAffinity": zone}}).of("Deployment", NAME))
    assert spec is not None
    own, ours = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert own["podAffinityTerm"]["topologyKey"] == "zone"
    assert ours["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
    assert ours["podAffinityTerm"]["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "routes"
    # Otherwise, new pods of a rollout avoid the nodes of old pods, and come together on one node.
    assert ours["podAffinityTerm"]["matchLabelKeys"] == ["pod-template-hash"]


def test_the_notes_say_that_another_kind_stays() -> None:
    assert "Routes of a kind that is no longer enabled stay" in render(INGRESS).notes


def test_the_chart_declares_no_sites_of_a_file_of_its_user() -> None:
    rendered = render({**INGRESS, "sitesExistingConfigMap": "all-sites"})
    template = json.loads(rendered.of("ConfigMap", "demo-colonnade-route-template")["data"]["template.json"])
    assert template["declares"] is False


@pytest.mark.parametrize("values", [INGRESS, scenario("routes")], ids=["ingress", "gateway"])
def test_the_template_has_no_label_of_helm(values: Values) -> None:
    rendered = render(values)
    template = json.loads(rendered.of("ConfigMap", "demo-colonnade-route-template")["data"]["template.json"])
    for one in template["objects"]:
        assert one["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "colonnade-routes"
        assert {"helm.sh/chart", "app.kubernetes.io/instance"}.isdisjoint(one["metadata"]["labels"])
    assert policy.findings(rendered.objects) == []
