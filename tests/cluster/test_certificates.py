"""A certificate per site from cert-manager, over an Ingress, a Gateway and a ListenerSet, in order.

Needs cert-manager. Its namespace: CERT_MANAGER_NAMESPACE, or `cert-manager`; there, a ClusterIssuer finds its key.
"""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.cluster import kube
from tests.cluster.conftest import Authority, Load
from tests.cluster.kube import CHART, GATEWAY_API, Namespace, Object, custom, has_kind, until

NORTH, SOUTH, WWW, SHOP = (f"{name}.certificates.test" for name in ("north", "south", "www.north", "shop"))
SITES: Object = {"north": {"domain": NORTH, "aliases": [WWW]}, "south": {"domain": SOUTH}}
SECRET = "demo-colonnade-site-{}-tls"

pytestmark = pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and not has_kind("certificates.cert-manager.io"),
    reason="cert-manager is not installed on this cluster",
)


def values(authority: Authority, **more: object) -> Object:
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "sites": SITES,
        "tls": {"mode": "perSite", "clusterIssuer": authority.issuer},
        **more,
    }


def upgrade(space: Namespace, given: Object) -> None:
    space.release("upgrade", "demo", str(CHART), "--install", "--wait", "--timeout", "5m", values=given)


def assert_one_certificate_each(space: Namespace, edge: str, authority: Authority) -> None:
    north = until(lambda: space.shown(NORTH, edge, authority.certificate), what="north over HTTPS")
    south = until(lambda: space.shown(SOUTH, edge, authority.certificate), what="south over HTTPS")
    assert north.served
    assert south.served
    assert (north.certified, south.certified) == ((NORTH, WWW), (SOUTH,))
    assert north.site != south.site
    plain = until(lambda: space.ask(NORTH, at=edge), what="north over HTTP")
    assert (plain.status, plain.location) == (301, f"https://{NORTH}/")


@pytest.fixture(scope="module", autouse=True)
def over_ingress(place: Namespace, authority: Authority) -> None:
    given = values(authority, ingress={"enabled": True}, routes={"reconcile": {"enabled": True}})
    upgrade(place, given)


def test_each_site_over_an_ingress(place: Namespace, edge: str, authority: Authority, figures: dict[str, str]) -> None:
    assert_one_certificate_each(place, edge, authority)
    alias = until(lambda: place.shown(WWW, edge, authority.certificate), what="the alias over HTTPS")
    assert (alias.status, alias.location) == (301, f"https://{NORTH}/")


def test_a_site_that_is_made_by_command(
    place: Namespace, edge: str, authority: Authority, figures: dict[str, str]
) -> None:
    place.manage("sites", "add", SHOP)
    began = time.monotonic()
    shop = until(lambda: place.shown(SHOP, edge, authority.certificate), what="the new site over HTTPS", seconds=60)
    figures["a site made by command is served over HTTPS after"] = f"{time.monotonic() - began:.1f} s"
    assert shop.served
    assert shop.certified == (SHOP,)
    told = lambda: json.loads(place.manage("sites", "show", SHOP, "--json"))["route"]["text"]  # noqa: E731
    until(lambda: "certificate" in told() and "until" in told(), what="the status", seconds=30)


def test_a_renewal_loses_no_request(
    place: Namespace, edge: str, authority: Authority, load: type[Load], figures: dict[str, str]
) -> None:
    before = until(lambda: place.shown(NORTH, edge, authority.certificate), what="north over HTTPS").serial
    with load(place, edge, NORTH, authority.certificate) as running:
        renew(place, SECRET.format("north"))
        until(
            lambda: (answer := place.shown(NORTH, edge, authority.certificate)) and answer.serial != before,
            what="the renewed certificate",
            seconds=60,
        )
    figures["during a forced renewal"] = json.dumps(running.counted)
    assert running.counted["certificates"] == 2
    assert not running.counted["lost"]


def renew(place: Namespace, name: str) -> None:
    """As `cmctl renew` does it."""
    condition = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "by a test"}
    kept = [one for one in place.get("certificate", name)["status"]["conditions"] if one["type"] != "Issuing"]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    patch = json.dumps({"status": {"conditions": [*kept, {**condition, "lastTransitionTime": now}]}})
    place.kubectl("patch", "certificate", name, "--subresource=status", "--type=merge", "-p", patch)


def gateway(**annotations: str) -> Object:
    """One HTTPS listener per host, as a controller needs that takes one certificate per listener."""
    listeners: list[Object] = [{"name": "http", "protocol": "HTTP", "port": 80}]
    for name, host, key in (("north", NORTH, "north"), ("www", WWW, "north"), ("south", SOUTH, "south")):
        tls = {"mode": "Terminate", "certificateRefs": [{"name": SECRET.format(key)}]}
        listeners.append({"name": name, "protocol": "HTTPS", "port": 443, "hostname": host, "tls": tls})
    spec = {"gatewayClassName": "traefik", "listeners": listeners}
    return custom(GATEWAY_API, "Gateway", "public", spec, annotations=annotations)


def routes() -> Object:
    """Values: each site on its own listeners, and HTTP only redirects."""
    sites = json.loads(json.dumps(SITES))
    for key, names in (("north", ["north", "www"]), ("south", ["south"])):
        sites[key]["route"] = {"parentRefs": [{"name": "public", "sectionName": name} for name in names]}
    redirect = {"enabled": True, "parentRefs": [{"name": "public", "sectionName": "http"}]}
    return {"sites": sites, "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}], "redirect": redirect}}


def test_each_site_over_a_gateway_with_certificates_of_the_chart(
    place: Namespace, edge: str, authority: Authority
) -> None:
    place.apply(gateway())
    upgrade(place, values(authority, **routes()))
    names = {one["metadata"]["name"] for one in place.all("certificates", "app.kubernetes.io/managed-by=Helm")}
    assert names == {"demo-colonnade-site-north", "demo-colonnade-site-south"}
    assert_one_certificate_each(place, edge, authority)


def test_each_site_over_a_gateway_with_an_annotation(place: Namespace, edge: str, authority: Authority) -> None:
    """The Gateway is annotated: then the chart makes no certificates."""
    given = values(authority, **routes())
    given["tls"]["certificates"] = False
    upgrade(place, given)
    place.kubectl("delete", "secret", SECRET.format("north"), SECRET.format("south"))
    place.apply(gateway(**{"cert-manager.io/cluster-issuer": authority.issuer}))
    for key in ("north", "south"):
        until(lambda: _ready(place, SECRET.format(key)), what=f"the certificate of {key}")  # noqa: B023
    assert_one_certificate_each(place, edge, authority)


def _is_judged(space: Namespace, name: str) -> bool:
    found = [one for one in space.all("certificates") if one["metadata"]["name"] == name]
    return bool(found) and bool(found[0].get("status", {}).get("conditions"))


def _ready(space: Namespace, name: str) -> bool:
    found = [one for one in space.all("certificates") if one["metadata"]["name"] == name]
    conditions = found[0].get("status", {}).get("conditions", []) if found else []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and not has_kind("listenersets.gateway.networking.k8s.io"),
    reason="this cluster has no ListenerSets (Gateway API 1.5)",
)
@pytest.mark.parametrize("certificates", [True, False], ids=["by the chart", "by the annotation"])
def test_listener_sets_are_accepted_and_certified(place: Namespace, authority: Authority, certificates: bool) -> None:
    """Objects and certificates; whether a Gateway serves them is up to its controller.

    By the annotation needs cert-manager's ListenerSets feature, and the Gateway, which it reads too.
    """
    annotations = {} if certificates else {"cert-manager.io/cluster-issuer": authority.issuer}
    given = values(
        authority,
        httpRoute={"enabled": True},
        listenerSet={"enabled": True, "parentRef": {"name": "bare"}, "annotations": annotations},
    )
    given["tls"]["certificates"] = certificates
    spec = {"gatewayClassName": "traefik", "listeners": gateway()["spec"]["listeners"][:1]}
    bare = custom(GATEWAY_API, "Gateway", "bare", spec)
    place.apply(bare)
    place.kubectl("delete", "gateway", "public", "--ignore-not-found")
    upgrade(place, given)
    found = {one["metadata"]["name"] for one in place.all("listenersets.gateway.networking.k8s.io")}
    assert found == {"demo-colonnade-site-north", "demo-colonnade-site-south"}
    for key in ("north", "south"):
        name = f"demo-colonnade-site-{key}" if certificates else SECRET.format(key)
        if not certificates:
            # The Secret is still that of the chart's certificate: UPGRADING.md.
            until(lambda: _is_judged(place, name), what=f"the certificate of {key}")  # noqa: B023
            renew(place, name)
        until(lambda: _ready(place, name), what=f"the certificate of {key}")  # noqa: B023
