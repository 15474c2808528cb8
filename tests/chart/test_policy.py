"""Every policy rule finds the errors that it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.chart import policy, schemas
from tests.chart.rendering import Object, render

Damage = Callable[[dict[str, Object]], Any]


def pod(there: dict[str, Object]) -> Object:
    return dict(there["Deployment"]["spec"]["template"]["spec"])


ERRORS: list[tuple[str, Damage]] = [
    ("no_duplicate_names", lambda o: pod(o)["containers"][0]["env"].append({"name": "SECRET_KEY", "value": "x"})),
    ("no_duplicate_names", lambda o: pod(o)["volumes"].append({"name": "tmp", "emptyDir": {}})),
    ("restricted_pods", lambda o: pod(o)["containers"][0]["securityContext"].pop("capabilities")),
    ("restricted_pods", lambda o: pod(o)["securityContext"].update(runAsUser=0)),
    ("restricted_pods", lambda o: pod(o)["volumes"].append({"name": "h", "hostPath": {"path": "/"}})),
    ("no_token_in_pods", lambda o: o["Deployment"]["spec"]["template"]["spec"].pop("automountServiceAccountToken")),
    ("memory_has_a_limit", lambda o: pod(o)["containers"][0]["resources"].pop("limits")),
    ("images_are_fixed", lambda o: pod(o)["containers"][0].update(image="a/b:latest")),
    ("no_credential", lambda o: pod(o)["containers"][0]["env"].append({"name": "HEALTH_TOKEN", "value": "x"})),
    ("selectors_match", lambda o: o["Service"]["spec"]["selector"].update(other="x")),
    ("selectors_match", lambda o: o["Service"]["spec"]["ports"][0].update(targetPort="web")),
    ("jobs_end", lambda o: o["Job"]["spec"].pop("activeDeadlineSeconds")),
    ("jobs_end", lambda o: o["CronJob"]["spec"].pop("timeZone")),
    ("references", lambda o: pod(o)["volumes"].append({"name": "s", "secret": {"secretName": "gone"}})),
]


@pytest.mark.parametrize(("name", "damage"), ERRORS)
def test_a_rule_finds_an_error(name: str, damage: Damage) -> None:
    rendered = render()
    there = {one["kind"]: one for one in rendered.objects if "postgresql" not in one["metadata"]["name"]}
    assert policy.findings(rendered.objects) == []
    damage(there)
    assert any(sentence.startswith(name) for sentence in policy.findings(rendered.objects))


def test_the_schemas_find_a_misspelled_field() -> None:
    cron = render().of("CronJob", "demo-colonnade-poll-twitter")
    cron["spec"]["timezone"] = cron["spec"].pop("timeZone")
    assert schemas.faults(cron, "1.34")


@pytest.mark.parametrize(("hosts", "good"), [(16, True), (17, False)])
def test_a_route_has_at_most_sixteen_hostnames(hosts: int, good: bool) -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "a"},
        "spec": {"hostnames": [f"h{n}.example.org" for n in range(hosts)]},
    }
    assert (schemas.faults(route, "1.34") == []) is good
