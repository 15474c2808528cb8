"""A published chart, installed from its registry: the nodes pull the image that it names, and no other.

TEST_RELEASE names it, as in `TEST_RELEASE=127.0.0.1:5000/charts/colonnade:1.2.3`: a registry that this machine and the
nodes reach under one name, with what `make release` published there.
"""

from __future__ import annotations

import os

import pytest

from releases.chart import pinned
from releases.registry import digest, on_loopback, pull_chart
from tests.cluster.kube import Namespace, is_ready

RELEASE = os.environ.get("TEST_RELEASE", "")
pytestmark = pytest.mark.skipif(not RELEASE, reason="TEST_RELEASE names no published chart")


def test_a_published_chart_installs_its_image(
    space: Namespace, figures: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, _, version = RELEASE.rpartition(":")
    archive = pull_chart(f"{name}@{digest(name, version)}", tmp_path_factory.mktemp("chart"))
    image = pinned(archive)
    options = ["--version", version, "--wait", "--timeout", "5m"]
    plain = ["--plain-http"] if on_loopback(name) else []

    space.release("install", "published", f"oci://{name}", *options, *plain, values=VALUES)

    pods = space.pods("web", "published")
    assert pods
    assert all(is_ready(pod) for pod in pods)
    for pod in pods:
        assert pod["spec"]["containers"][0]["image"] == image
        assert pod["status"]["containerStatuses"][0]["imageID"].endswith(image.partition("@")[2])
    assert space.ask("north.example.test", at="published-colonnade").served
    pulls = [one["message"] for one in space.all("events") if one["reason"] == "Pulled" and image in one["message"]]
    figures[f"{space.name}: a published image"] = pulls[0]
    space.release("uninstall", "published", "--wait")


VALUES: dict[str, object] = {
    "persistence": {"media": {"enabled": False}},
    "networkPolicy": {"enabled": False},
    "cronJobs": {"poll-twitter": {"enabled": False}},
    "sites": {"north": {"domain": "north.example.test"}},
}
