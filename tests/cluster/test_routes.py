"""Routes of sites that are not declared, on a real API server: with the rights that the chart gives, and no more.

The command runs here and not in a pod, so a control plane without a node is enough.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chart.rendering import Object, Values, render
from tests.cluster.kube import NAMESPACE, Namespace, run, until
from tests.support.commands import managed, managing

VALUES: Values = {
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "public", "sectionName": "https"}],
        "redirect": {"enabled": True, "parentRefs": [{"name": "public", "sectionName": "http"}]},
    },
    "tls": {"mode": "edge"},
    "routes": {"reconcile": {"enabled": True}},
}
SHOP = "demo-colonnade-route-shop-example-test"
RIGHTS = {"Role", "RoleBinding", "ServiceAccount"}


@dataclass(frozen=True)
class Reconciler:
    """A database of its own, and the account that the chart makes for the pod."""

    space: Namespace
    folder: Path
    server: str

    @property
    def database(self) -> dict[str, str]:
        return {"DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}", "SITES_REFRESH_SECONDS": "1"}

    @property
    def command(self) -> list[str]:
        return [
            "reconcile_routes",
            str(self.folder / "template.json"),
            "--server",
            self.server,
            "--account",
            str(self.folder),
        ]

    def manage(self, *arguments: str) -> str:
        return managed(*arguments, **self.database)

    def routes(self) -> set[str]:
        items = self.space.all("httproutes", "colonnade.github.io/routes-of=demo")
        return {str(one["metadata"]["name"]) for one in items}


@pytest.fixture
def reconciler(tmp_path: Path) -> Iterator[Reconciler]:
    space = Namespace(f"{NAMESPACE}-routes")
    run("kubectl", "delete", "namespace", space.name, "--ignore-not-found", "--wait")
    run("kubectl", "create", "namespace", space.name)
    rendered = render(VALUES)
    rights = json.loads(
        json.dumps(
            [
                one
                for one in rendered.objects
                if one["kind"] in RIGHTS and one["metadata"]["name"] == "demo-colonnade-routes"
            ]
        ).replace('"websites"', f'"{space.name}"')
    )
    space.apply(*rights)
    authority = until(lambda: space.all("configmaps"), what="the authority of the API server")
    (tmp_path / "ca.crt").write_text(
        next(one["data"]["ca.crt"] for one in authority if one["metadata"]["name"] == "kube-root-ca.crt")
    )
    (tmp_path / "token").write_text(space.kubectl("create", "token", "demo-colonnade-routes"))
    (tmp_path / "namespace").write_text(space.name)
    template = rendered.of("ConfigMap", "demo-colonnade-route-template")["data"]["template.json"]
    (tmp_path / "template.json").write_text(template)
    config = json.loads(run("kubectl", "config", "view", "--minify", "-o", "json").stdout)
    found = Reconciler(space, tmp_path, config["clusters"][0]["cluster"]["server"])
    found.manage("migrate", "--verbosity=0")
    found.manage("sites", "add", "shop.example.test")
    yield found
    run("kubectl", "delete", "namespace", space.name, "--wait=false")


def holder(space: Namespace) -> str:
    leases = [one for one in space.all("leases") if one["metadata"]["name"] == "demo-colonnade-routes"]
    return str(leases[0]["spec"].get("holderIdentity", "")) if leases else ""


def process_id(identity: str) -> int:
    return int(identity.rsplit("_", 2)[1])


def test_routes_follow_sites(reconciler: Reconciler, figures: dict[str, str]) -> None:
    space = reconciler.space
    foreign: Object = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "demo-colonnade-route-taken-example-test"},
        "spec": {"hostnames": ["mine.example.test"]},
    }
    space.apply(foreign)
    with managing(*reconciler.command, **reconciler.database) as first:
        until(lambda: {SHOP, f"{SHOP}.https"} <= reconciler.routes(), what="the routes")
        space.kubectl("delete", "httproute", SHOP)
        began = time.monotonic()
        until(lambda: SHOP in reconciler.routes(), what="the deleted route", seconds=15)
        figures["a route that was deleted by hand is back"] = f"{time.monotonic() - began:.1f} s"
        patch = json.dumps({"spec": {"hostnames": ["evil.example.test"]}})
        space.kubectl("patch", "httproute", SHOP, "--type=merge", "-p", patch)
        hosts = lambda: space.get("httproute", SHOP)["spec"]["hostnames"]  # noqa: E731
        until(lambda: hosts() == ["shop.example.test"], what="the edited route", seconds=15)

        reconciler.manage("sites", "add", "taken.example.test")
        until(lambda: "not ours" in reconciler.manage("sites", "show", "taken.example.test"), what="the status")
        assert space.get("httproute", foreign["metadata"]["name"])["spec"]["hostnames"] == ["mine.example.test"]

        declared = render({**VALUES, "sites": {"shop-example-test": {"domain": "shop.example.test"}}}).kind("HTTPRoute")
        space.apply(*declared)
        until(lambda: SHOP not in reconciler.routes(), what="the end of ours", seconds=15)
        assert (
            len([one for one in space.all("httproutes") if one["spec"].get("hostnames") == ["shop.example.test"]]) == 2
        )
        for one in declared:
            space.kubectl("delete", "httproute", one["metadata"]["name"])
        until(lambda: SHOP in reconciler.routes(), what="ours again", seconds=15)

        with managing(*reconciler.command, **reconciler.database) as second:
            leader = holder(space)
            assert process_id(leader) == first.pid
            first.kill()
            first.wait()
            began = time.monotonic()
            space.kubectl("delete", "httproute", SHOP)
            until(lambda: SHOP in reconciler.routes(), what="the other process", seconds=30)
            figures["the other process acts after the first was killed"] = f"{time.monotonic() - began:.1f} s"
            assert holder(space) not in {"", leader}
            second.terminate()
            assert second.wait(20) == 0
            assert not holder(space), "given up, so that the next one need not wait"


def test_the_account_has_no_other_rights(reconciler: Reconciler) -> None:
    account = f"system:serviceaccount:{reconciler.space.name}:demo-colonnade-routes"

    def may(*what: str) -> bool:
        command = ["kubectl", "auth", "can-i", *what, "-n", reconciler.space.name, "--as", account]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert may("patch", "httproutes.gateway.networking.k8s.io")
    assert may("update", "leases.coordination.k8s.io/demo-colonnade-routes")
    for refused in (
        ("get", "secrets"),
        ("create", "pods"),
        ("patch", "ingresses.networking.k8s.io"),
        ("update", "leases.coordination.k8s.io/another"),
        ("list", "httproutes.gateway.networking.k8s.io", "--all-namespaces"),
    ):
        assert not may(*refused), refused
