"""The autoscaler under load: from one pod to three and back. Needs the resource metrics API (metrics-server)."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.cluster import kube
from tests.cluster.conftest import Load
from tests.cluster.kube import CHART, Namespace, Object, is_ready, run, until

SERVICE, HOST = "demo-colonnade", "north.autoscaling.test"
METRICS = "v1beta1.metrics.k8s.io"

pytestmark = pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and bool(run("kubectl", "get", "apiservice", METRICS, check=False).returncode),
    reason="this cluster has no resource metrics (metrics-server)",
)


def values() -> Object:
    """Scales down within a minute, not after five."""
    quickly = {"stabilizationWindowSeconds": 15, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "sites": {"north": {"domain": HOST}},
        "resources": {"requests": {"cpu": "100m", "memory": "384Mi"}},
        "autoscaling": {
            "enabled": True,
            "minReplicas": 1,
            "maxReplicas": 3,
            "targetCPUUtilizationPercentage": 60,
            "behavior": {"scaleDown": quickly},
        },
        "cronJobs": {"poll-twitter": {"enabled": False}},
    }


def pods(space: Namespace) -> int:
    return sum(map(is_ready, space.pods("web")))


def utilization(space: Namespace) -> int | None:
    found = space.get("hpa", SERVICE)["status"].get("currentMetrics") or [{}]
    current = found[0].get("resource", {}).get("current", {}).get("averageUtilization")
    return None if current is None else int(current)


def test_pods_follow_the_load_and_no_request_is_lost(
    place: Namespace, load: type[Load], figures: dict[str, str]
) -> None:
    place.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values())
    until(lambda: utilization(place) is not None, what="the first figures of the metrics API", seconds=180)
    until(lambda: pods(place) == 1, what="one pod, after the start", seconds=240)
    began = time.monotonic()
    with load(place, SERVICE, HOST, path="/search/?q=north", pause=0) as heavy:
        until(lambda: pods(place) == 3, what="three pods", seconds=150)
    figures["autoscaler: three pods ready after"] = f"{time.monotonic() - began:.0f} s, {json.dumps(heavy.counted)}"
    began = time.monotonic()
    with load(place, SERVICE, HOST, pause=0.5) as light:
        until(lambda: len(place.pods("web")) == 1, what="one pod", seconds=240)
    figures["autoscaler: one pod again after"] = f"{time.monotonic() - began:.0f} s, {json.dumps(light.counted)}"
    assert not heavy.counted["lost"]
    assert not light.counted["lost"]
