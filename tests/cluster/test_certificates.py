"""A certificate per site from cert-manager, over an Ingress, a Gateway and a ListenerSet, in order.

Needs cert-manager. Its namespace: CERT_MANAGER_NAMESPACE, or `cert-manager`; there, a ClusterIssuer finds its key.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cluster import kube
from tests.cluster.conftest import Load
from tests.cluster.kube import CHART, NAMESPACE, Answer, Namespace, Object, has_kind, until

NORTH, SOUTH, WWW, SHOP = (f"{name}.certificates.test" for name in ("north", "south", "www.north", "shop"))
SITES: Object = {"north": {"domain": NORTH, "aliases": [WWW]}, "south": {"domain": SOUTH}}
CERT_MANAGER, GATEWAY_API = "cert-manager.io/v1", "gateway.networking.k8s.io/v1"
SECRET = "demo-colonnade-site-{}-tls"

pytestmark = pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and not has_kind("certificates.cert-manager.io"),
    reason="cert-manager is not installed on this cluster",
)


@dataclass(frozen=True)
class Authority:
    """A ClusterIssuer that is trusted by nobody else."""

    issuer: str
    certificate: str


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
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
        _object("ClusterIssuer", own, {"selfSigned": {}}),
        _object("Certificate", name, certificate),
        _object("ClusterIssuer", name, {"ca": {"secretName": name}}),
    )
    space.kubectl("wait", "--for=condition=Ready", f"certificate/{name}", f"clusterissuer/{name}", "--timeout=60s")
    yield Authority(name, base64.b64decode(space.get("secret", name)["data"]["tls.crt"]).decode())
    space.kubectl("delete", f"certificate/{name}", f"secret/{name}", f"clusterissuer/{name}", f"clusterissuer/{own}")


def _object(kind: str, name: str, spec: Object, api: str = CERT_MANAGER, **metadata: Object) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


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


def shown(space: Namespace, host: str, edge: str, authority: Authority) -> Answer | None:
    """What the site answers over HTTPS, once its certificate is one of the authority."""
    try:
        answer = space.ask_securely(host, at=edge, authority=authority.certificate)
    except kube.CommandFailed as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return None
        raise
    return answer if answer.status != 404 or answer.site else None


def assert_one_certificate_each(space: Namespace, edge: str, authority: Authority) -> None:
    north = until(lambda: shown(space, NORTH, edge, authority), what="north over HTTPS")
    south = until(lambda: shown(space, SOUTH, edge, authority), what="south over HTTPS")
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
    alias = until(lambda: shown(place, WWW, edge, authority), what="the alias over HTTPS")
    assert (alias.status, alias.location) == (301, f"https://{NORTH}/")


def test_a_site_that_is_made_by_command(
    place: Namespace, edge: str, authority: Authority, figures: dict[str, str]
) -> None:
    place.manage("sites", "add", SHOP)
    began = time.monotonic()
    shop = until(lambda: shown(place, SHOP, edge, authority), what="the new site over HTTPS", seconds=60)
    figures["a site made by command is served over HTTPS after"] = f"{time.monotonic() - began:.1f} s"
    assert shop.served
    assert shop.certified == (SHOP,)
    told = lambda: json.loads(place.manage("sites", "show", SHOP, "--json"))["route"]["text"]  # noqa: E731
    until(lambda: "certificate" in told() and "until" in told(), what="the status", seconds=30)


def test_a_renewal_loses_no_request(
    place: Namespace, edge: str, authority: Authority, load: type[Load], figures: dict[str, str]
) -> None:
    """Renewed as `cmctl renew` does it."""
    before = until(lambda: shown(place, NORTH, edge, authority), what="north over HTTPS").serial
    condition = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "by a test"}
    name = SECRET.format("north")
    with load(place, edge, NORTH, authority.certificate) as running:
        kept = [one for one in place.get("certificate", name)["status"]["conditions"] if one["type"] != "Issuing"]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        conditions = [*kept, {**condition, "lastTransitionTime": now}]
        patch = json.dumps({"status": {"conditions": conditions}})
        place.kubectl("patch", "certificate", name, "--subresource=status", "--type=merge", "-p", patch)
        until(
            lambda: (answer := shown(place, NORTH, edge, authority)) and answer.serial != before,
            what="the renewed certificate",
            seconds=60,
        )
    figures["during a forced renewal"] = json.dumps(running.counted)
    assert running.counted["certificates"] == 2
    assert not running.counted["lost"]


def gateway(**annotations: str) -> Object:
    """One HTTPS listener per host, as a controller needs that takes one certificate per listener."""
    listeners: list[Object] = [{"name": "http", "protocol": "HTTP", "port": 80}]
    for name, host, key in (("north", NORTH, "north"), ("www", WWW, "north"), ("south", SOUTH, "south")):
        tls = {"mode": "Terminate", "certificateRefs": [{"name": SECRET.format(key)}]}
        listeners.append({"name": name, "protocol": "HTTPS", "port": 443, "hostname": host, "tls": tls})
    spec = {"gatewayClassName": "traefik", "listeners": listeners}
    return _object("Gateway", "public", spec, GATEWAY_API, annotations=annotations)


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
    bare = _object(
        "Gateway", "bare", {"gatewayClassName": "traefik", "listeners": gateway()["spec"]["listeners"][:1]}, GATEWAY_API
    )
    place.apply(bare)
    place.kubectl("delete", "gateway", "public", "--ignore-not-found")
    upgrade(place, given)
    found = {one["metadata"]["name"] for one in place.all("listenersets.gateway.networking.k8s.io")}
    assert found == {"demo-colonnade-site-north", "demo-colonnade-site-south"}
    for key in ("north", "south"):
        name = f"demo-colonnade-site-{key}" if certificates else SECRET.format(key)
        until(lambda: _ready(place, name), what=f"the certificate of {key}")  # noqa: B023
