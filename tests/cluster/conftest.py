"""Run by `make test-cluster` alone, once for every Helm that is here."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.chart.rendering import helms
from tests.cluster import kube
from tests.cluster.kube import CERT_MANAGER, NAMESPACE, Namespace, custom, run, until

FIGURES: dict[str, str] = {}


def require_cluster() -> None:
    if shutil.which("kubectl") is None or not helms():
        pytest.exit("There is no cluster to ask: kubectl and helm have to be on PATH.", 2)
    done = subprocess.run(["kubectl", "get", "--raw", "/readyz"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.exit(f"There is no cluster: KUBECONFIG={os.environ.get('KUBECONFIG', '')} ({done.stderr.strip()})", 2)


if "TEST_CLUSTER" in os.environ:
    require_cluster()
else:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def no_site_is_left_behind() -> None:
    """Here the product runs elsewhere."""


def _namespace(name: str, helm: str) -> Iterator[Namespace]:
    space = Namespace(name, helm)
    run("kubectl", "delete", "namespace", name, "--ignore-not-found", "--wait")
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    space.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    repository, tag = kube.image()
    client = ["python", "-c", "import signal; signal.pause()"]
    space.apply(kube.restricted_pod("client", f"{repository}:{tag}", client))
    space.kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=120s")
    yield space
    if "KEEP" not in os.environ:
        run("kubectl", "delete", "namespace", name, "--wait=false")


def _version(helm: str) -> str:
    return "helm" + run(helm, "version", "--template", "{{.Version}}").stdout.strip().lstrip("v").partition(".")[0]


@pytest.fixture(scope="module", params=helms(), ids=lambda path: Path(path).name)
def space(request: pytest.FixtureRequest) -> Iterator[Namespace]:
    yield from _namespace(f"{NAMESPACE}-{_version(request.param)}", request.param)


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """For what is the same with every Helm: one namespace, named after the module."""
    theme = request.module.__name__.rpartition("test_")[2].replace("_", "-")
    yield from _namespace(f"{NAMESPACE}-{theme}", helms()[-1])


@pytest.fixture(scope="module")
def stranger() -> Iterator[Namespace]:
    yield from _namespace(f"{NAMESPACE}-stranger", "")


@dataclass(frozen=True)
class Authority:
    """A ClusterIssuer that is trusted by nobody else."""

    issuer: str
    certificate: str


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """In cert-manager's namespace, CERT_MANAGER_NAMESPACE or `cert-manager`: there, a ClusterIssuer finds its key."""
    space = Namespace(os.environ.get("CERT_MANAGER_NAMESPACE", "cert-manager"))
    name, own = f"{NAMESPACE}-authority", f"{NAMESPACE}-self-signed"
    certificate = {
        "isCA": True,
        "commonName": "Authority of a test",
        "secretName": name,
        "privateKey": {"algorithm": "ECDSA"},
        "issuerRef": {"kind": "ClusterIssuer", "name": own},
    }
    space.apply(
        custom(CERT_MANAGER, "ClusterIssuer", own, {"selfSigned": {}}),
        custom(CERT_MANAGER, "Certificate", name, certificate),
        custom(CERT_MANAGER, "ClusterIssuer", name, {"ca": {"secretName": name}}),
    )
    space.kubectl("wait", "--for=condition=Ready", f"certificate/{name}", f"clusterissuer/{name}", "--timeout=60s")
    yield Authority(name, base64.b64decode(space.get("secret", name)["data"]["tls.crt"]).decode())
    space.kubectl("delete", f"certificate/{name}", f"secret/{name}", f"clusterissuer/{name}", f"clusterissuer/{own}")


@pytest.fixture(scope="session")
def edge() -> str:
    """Where the ingress controller and the gateway listen: EDGE_ADDRESS, or the first node."""
    given = os.environ.get("EDGE_ADDRESS")
    if given:
        return given
    nodes = json.loads(run("kubectl", "get", "nodes", "-o", "json").stdout)["items"]
    return next(str(one["address"]) for one in nodes[0]["status"]["addresses"] if one["type"] == "InternalIP")


@pytest.fixture
def figures() -> dict[str, str]:
    """What docs/deploy.md quotes; printed at the end of the run."""
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name}: {value}")


class Load:
    """Requests from a pod of their own, from `with` to its end; over HTTPS with an authority."""

    def __init__(
        self, space: Namespace, service: str, host: str, authority: str = "", path: str = "/", pause: float = 0.02
    ) -> None:
        self.space = space
        self.command = ["python", "-c", kube.CLIENT, "load", service, host, authority, path, str(pause)]
        self.counted: dict[str, Any] = {}

    def __enter__(self) -> Self:
        repository, tag = kube.image()
        self.space.kubectl("delete", "pod", "load", "--ignore-not-found", "--wait")
        self.space.apply(kube.restricted_pod("load", f"{repository}:{tag}", self.command))
        self.space.kubectl("wait", "--for=condition=Ready", "pod/load", "--timeout=60s")
        return self

    def __exit__(self, *_: object) -> None:
        self.space.kubectl("exec", "load", "--", "python", "-c", "open('/tmp/stop', 'w').close()")
        until(lambda: self.space.get("pod", "load")["status"]["phase"] == "Succeeded", what="the load's end")
        self.counted = json.loads(self.space.kubectl("logs", "load"))


@pytest.fixture
def load() -> type[Load]:
    return Load
