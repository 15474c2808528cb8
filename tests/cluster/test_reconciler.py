"""`routes.reconcile` in its own pods: sites that are made by command get routes that the Gateway serves, in order."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.cluster import kube
from tests.cluster.kube import CHART, Namespace, Object, is_ready, until

ROUTES_OF = "colonnade.github.io/routes-of=demo"
SHOP = "demo-colonnade-route-shop-reconciler-test"
MANY = int(os.environ.get("TEST_SITES", "2000"))


MAKE = """
from app.tenancy.sites.specification import specify
from app.tenancy.sites.write import Wanted, apply, host_lock, plan
with host_lock():
    apply(plan([Wanted(specify(key=f"many-{{n}}", domain=f"many-{{n}}.reconciler.test")) for n in range({count})]))
"""
USAGE = """
import os
ticks = sum(map(int, open("/proc/1/stat").read().rpartition(")")[2].split()[11:13]))
memory = next(line for line in open("/proc/1/status") if line.startswith("VmHWM")).split()[1]
print(f"{ticks / os.sysconf('SC_CLK_TCK'):.0f} s of CPU time, {int(memory) // 1024} MiB")
"""


def values(**more: object) -> Object:
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "routes": {"reconcile": {"enabled": True, "replicas": 2}},
        "sites": {"north": {"domain": "north.reconciler.test"}},
        **more,
    }


def gateway() -> Object:
    """It takes hosts below reconciler.test only, from every namespace."""
    listener = {
        "name": "http",
        "protocol": "HTTP",
        "port": 80,
        "hostname": "*.reconciler.test",
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "public"},
        "spec": {"gatewayClassName": "traefik", "listeners": [listener]},
    }


@pytest.fixture(scope="module", autouse=True)
def installed(place: Namespace) -> None:
    place.apply(gateway())
    place.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values())


def served(space: Namespace, host: str, edge: str) -> bool:
    return space.ask(host, at=edge).served


def status(space: Namespace, host: str) -> str:
    return str(json.loads(space.manage("sites", "show", host, "--json")).get("route", {}).get("text", ""))


def holder(space: Namespace) -> str:
    """The pod that acts."""
    return str(space.get("lease", "demo-colonnade-routes")["spec"].get("holderIdentity", "")).partition("_")[0]


def test_a_site_that_is_made_by_command_is_served(place: Namespace, edge: str, figures: dict[str, str]) -> None:
    until(lambda: served(place, "north.reconciler.test", edge), what="the declared site")
    place.manage("sites", "add", "shop.reconciler.test", "--name", "Shop")
    began = time.monotonic()
    until(lambda: served(place, "shop.reconciler.test", edge), what="the new site", seconds=30)
    figures["a site made by command is served after"] = f"{time.monotonic() - began:.1f} s"
    until(lambda: "accepted" in status(place, "shop.reconciler.test").lower(), what="the status", seconds=30)
    report = place.manage("sites", "check", "shop.reconciler.test", "--scheme", "http", "--via", edge)
    assert "accepted" in report.lower(), report


def test_states_of_a_site_are_shown_through_its_route(place: Namespace, edge: str) -> None:
    for action, expected in (("suspend", 503), ("archive", 410), ("activate", 200)):
        place.manage("sites", action, "shop.reconciler.test")
        until(lambda: place.ask("shop.reconciler.test", at=edge).status == expected, what=action, seconds=15)  # noqa: B023


def test_a_deleted_route_is_back_within_seconds(place: Namespace, edge: str, figures: dict[str, str]) -> None:
    place.kubectl("delete", "httproute", SHOP)
    began = time.monotonic()
    until(lambda: served(place, "shop.reconciler.test", edge), what="the deleted route", seconds=15)
    figures["a route that was deleted by hand is served again after"] = f"{time.monotonic() - began:.1f} s"


def test_the_other_replica_acts_when_the_leader_is_killed(place: Namespace, figures: dict[str, str]) -> None:
    until(lambda: sum(map(is_ready, place.pods("routes"))) == 2, what="two replicas")
    leader = until(lambda: holder(place), what="a leader")
    place.kubectl("delete", "pod", leader, "--grace-period=0", "--force")
    place.kubectl("delete", "httproute", SHOP, "--ignore-not-found")
    began = time.monotonic()
    names = lambda: {one["metadata"]["name"] for one in place.all("httproutes", ROUTES_OF)}  # noqa: E731
    until(lambda: SHOP in names(), what="the other replica", seconds=30)
    figures["the other replica acts after the leader was killed"] = f"{time.monotonic() - began:.1f} s"
    assert holder(place) != leader


def test_a_host_that_the_gateway_refuses(place: Namespace) -> None:
    place.manage("sites", "add", "shop.elsewhere.test")
    until(lambda: "NoMatchingListenerHostname" in status(place, "shop.elsewhere.test"), what="the refusal", seconds=30)


def test_a_host_that_another_namespace_has_already(place: Namespace, stranger: Namespace, edge: str) -> None:
    """Both routes are accepted, and the other one wins because it names a method. Only a request shows it."""
    host = "taken.reconciler.test"
    redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": "theirs.reconciler.test", "statusCode": 302}}
    spec = {
        "parentRefs": [{"name": "public", "namespace": place.name}],
        "hostnames": [host],
        "rules": [{"matches": [{"method": "GET"}], "filters": [redirect]}],
    }
    api = "gateway.networking.k8s.io/v1"
    stranger.apply({"apiVersion": api, "kind": "HTTPRoute", "metadata": {"name": "theirs"}, "spec": spec})
    until(lambda: place.ask(host, at=edge).status == 302, what="their route", seconds=30)
    place.manage("sites", "add", host)
    until(lambda: "accepted" in status(place, host), what="our route", seconds=30)
    assert place.ask(host, at=edge).status == 302
    with pytest.raises(kube.CommandFailed, match="Another server responds \\(status 302"):
        place.manage("sites", "check", host, "--scheme", "http", "--via", edge)
    assert served(place, "north.reconciler.test", edge), "other sites are not affected"
    stranger.kubectl("delete", "httproute", "theirs")
    until(lambda: served(place, host, edge), what="our route, now the only one", seconds=30)


def test_many_sites_at_once(place: Namespace, figures: dict[str, str]) -> None:
    """As fast as the limit of requests to the API server allows. Without the Gateway: a controller that writes a few
    statuses per second would keep all other routes waiting.
    """
    place.kubectl("delete", "gateway", "public")
    made = len(place.all("httproutes", ROUTES_OF))
    place.manage("shell", "--no-imports", "-c", MAKE.format(count=MANY))
    began = time.monotonic()
    count = lambda: place.kubectl("get", "httproutes", "-l", ROUTES_OF, "-o", "name").count("\n")  # noqa: E731
    until(lambda: count() == made + MANY, what="the routes", seconds=60 + MANY / 5)
    seconds = time.monotonic() - began
    usage = place.kubectl("exec", holder(place), "-c", "routes", "--", "python", "-c", USAGE)
    figures[f"{MANY} sites at once, all with a route after"] = f"{seconds:.0f} s; of the pod: {usage.strip()}"
    until(lambda: status(place, f"many-{MANY - 1}.reconciler.test"), what="the status of the last one")
    assert not [pod for pod in place.pods("routes") if kube.restarts(pod) and pod["metadata"]["name"] == holder(place)]
