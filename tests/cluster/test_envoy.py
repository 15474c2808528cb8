"""Sites behind Envoy Gateway, in order: the recipe for own routes, the routes of the chart, HTTPS and ListenerSets.

Needs a GatewayClass `envoy`. Requests go to the address that its Gateway reports.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from tests.cluster import kube
from tests.cluster.conftest import Authority, Load
from tests.cluster.kube import CHART, GATEWAY_API, Answer, Namespace, Object, custom, has_kind, run, until
from tests.proxy import echo
from tests.proxy.fronts import FORGED, RECIPES

NORTH, SOUTH, WWW, WEST, SHOP = (f"{name}.envoy.test" for name in ("north", "south", "www.north", "west", "shop"))
SITES: Object = {"north": {"domain": NORTH, "aliases": [WWW]}, "south": {"domain": SOUTH}}
SERVICE = "demo-colonnade"
HTTP: Object = {"name": "http", "protocol": "HTTP", "port": 80}


def has_envoy() -> bool:
    found = run("kubectl", "get", "gatewayclass", "envoy", "-o", "json", check=False)
    conditions = json.loads(found.stdout).get("status", {}).get("conditions", []) if not found.returncode else []
    return any(one["type"] == "Accepted" and one["status"] == "True" for one in conditions)


pytestmark = pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ and not has_envoy(),
    reason="Envoy Gateway is not installed on this cluster, as GatewayClass `envoy`",
)

#: tests/proxy/echo.py as a server of its own. It closes no connection, and logs for how long each was idle at its end.
MIRROR = (
    Path(echo.__file__).read_text()
    + """
import time

class Mirror(Echo):
    def handle(self):
        super().handle()
        print(self.client_address[1], f"idle for {time.monotonic() - self.answered:.1f} s", flush=True)

    def do_GET(self):
        self.headers["Port"] = str(self.client_address[1])
        super().do_GET()
        self.answered = time.monotonic()

ThreadingHTTPServer(("", 8000), Mirror).serve_forever()
"""
)

#: One request in the client's pod, and what the mirror has seen of it.
REFLECTED = """
import http.client, json, sys
address, headers = json.loads(sys.argv[1])
connection = http.client.HTTPConnection(address, 80, timeout=20)
connection.request("GET", "/", headers=headers)
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""


@dataclass(frozen=True)
class Seen:
    status: int
    lines: dict[str, list[str]]


def reflected(space: Namespace, envoy: str, headers: dict[str, str]) -> Seen:
    given = json.dumps([envoy, {"Host": "north.example", **headers}])
    status, body = json.loads(space.kubectl("exec", "client", "--", "python", "-c", REFLECTED, given))
    lines: dict[str, list[str]] = {}
    for name, value in json.loads(body) if status == 200 else []:
        lines.setdefault(name, []).append(value)
    return Seen(status, lines)


def gateway(*listeners: Object, **more: Object) -> Object:
    spec = {"gatewayClassName": "envoy", "listeners": [HTTP, *listeners], **more}
    return custom(GATEWAY_API, "Gateway", "public", spec)


@pytest.fixture(scope="module")
def envoy(place: Namespace) -> str:
    """The address of the Gateway's proxy."""
    place.apply(gateway())
    place.kubectl("wait", "--for=condition=Programmed", "gateway/public", "--timeout=180s")
    return str(place.get("gateway", "public")["status"]["addresses"][0]["value"])


@pytest.fixture(scope="module")
def client_address(place: Namespace) -> str:
    return str(place.get("pod", "client")["status"]["podIP"])


def values(**more: object) -> Object:
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "replicaCount": 2,
        "sites": SITES,
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "extraObjects": [recipe()[1]],
        **more,
    }


def upgrade(space: Namespace, given: Object) -> None:
    space.release("upgrade", "demo", str(CHART), "--install", "--wait", "--timeout", "5m", values=given)


def with_site(space: Namespace, host: str, envoy: str) -> Answer | None:
    answer = space.ask(host, at=envoy)
    return answer if answer.served else None


def secured(space: Namespace, host: str, envoy: str, authority: str) -> Answer | None:
    """As `shown`; before there is a listener for the host, Envoy refuses the connection or ends the handshake."""
    try:
        return space.shown(host, envoy, authority)
    except kube.CommandFailed as error:
        if any(text in str(error) for text in ("Connection refused", "Connection reset", "UNEXPECTED_EOF")):
            return None
        raise


def recipe() -> list[Object]:
    return list(yaml.safe_load_all((RECIPES / "envoy-gateway.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def mirror(place: Namespace, envoy: str) -> None:
    """The recipe as it is shipped, for the Gateway of this test, and behind it a server that says what reached it."""
    route, policy = recipe()
    route["spec"]["parentRefs"] = [{"name": "public"}]
    pod = kube.restricted_pod("mirror", ":".join(kube.image()), ["python", "-c", MIRROR])
    pod["metadata"]["labels"] = {"name": "mirror"}
    port = {"port": 80, "targetPort": 8000}
    place.apply(pod, custom("v1", "Service", "colonnade", {"selector": {"name": "mirror"}, "ports": [port]}))
    place.kubectl("wait", "--for=condition=Ready", "pod/mirror", "--timeout=60s")
    place.apply(policy)
    place.apply(route)
    until(lambda: reflected(place, envoy, {}).status == 200, what="the mirror behind Envoy")


@pytest.mark.parametrize(
    "headers", [{}, FORGED, {"Connection": "close, Forwarded"}], ids=["plain", "forged", "nominated"]
)
def test_a_visitors_own_forwarding_headers_do_not_count(
    place: Namespace, envoy: str, mirror: None, client_address: str, headers: dict[str, str]
) -> None:
    lines = reflected(place, envoy, headers).lines
    assert lines["host"] == ["north.example"]
    assert lines["x-forwarded-proto"] == ["http"]
    assert "x-forwarded-host" not in lines
    assert "forwarded" not in lines
    # PROXY_HOPS=1 reads the last one.
    assert [one.rpartition(",")[2].strip() for one in lines["x-forwarded-for"]] == [client_address]


def test_what_envoy_refuses_by_itself(place: Namespace, envoy: str, mirror: None) -> None:
    """A client cannot have the proxy's own headers dropped, nor pass another spelling of them."""
    for name in ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"):
        assert reflected(place, envoy, {"Connection": f"close, {name}"}).status == 400, name
    assert reflected(place, envoy, {"X_Forwarded_Host": SOUTH}).status == 400


def test_an_idle_connection_is_closed_before_gunicorn_does(
    place: Namespace, envoy: str, mirror: None, figures: dict[str, str]
) -> None:
    (port,) = reflected(place, envoy, {}).lines["port"]

    def idle() -> float:
        ended = [
            line.split() for line in place.kubectl("logs", "mirror").splitlines() if line.startswith(f"{port} idle")
        ]
        return float(ended[0][3]) if ended else 0

    seconds = until(idle, what="the end of an idle connection", seconds=90)
    figures["Envoy closes an idle connection after"] = f"{seconds:.0f} s"
    assert 55 < seconds < 75


@pytest.fixture(scope="module")
def sites(place: Namespace, envoy: str) -> None:
    # From here on, the policy of the recipe is one of the release.
    place.kubectl("delete", "--ignore-not-found", "httproute/north", "backendtrafficpolicy/colonnade")
    upgrade(place, values())
    for host in (NORTH, SOUTH):
        until(lambda: with_site(place, host, envoy), what=f"the route to {host}")  # noqa: B023


def test_each_site_on_its_host(place: Namespace, envoy: str, sites: None) -> None:
    north, south = (place.ask(host, at=envoy) for host in (NORTH, SOUTH))
    assert north.served
    assert south.served
    assert north.site != south.site
    alias = place.ask(WWW, at=envoy)
    assert (alias.status, alias.location) == (301, f"http://{NORTH}/")
    nobody = place.ask("nobody.envoy.test", at=envoy)
    assert (nobody.status, nobody.site) == (404, None)
    named = place.ask(NORTH, at=envoy, path=f"http://{SOUTH}/")
    assert (named.served, named.site) == (True, south.site), "Envoy goes by the request line, and sets Host to it"


def test_forged_headers_change_neither_site_nor_client(
    place: Namespace, envoy: str, sites: None, client_address: str
) -> None:
    plain = place.ask(NORTH, at=envoy)
    for name, value in FORGED.items():
        header: Any = {name.replace("-", "_"): value.replace("south.localhost", SOUTH)}
        forged = place.ask(NORTH, at=envoy, path=f"/forged-{name}/", **header)
        assert (forged.status, forged.site) == (404, plain.site), name
    assert place.ask(NORTH, at=envoy, X_Forwarded_Host=SOUTH).site == plain.site

    def clients() -> list[str]:
        logs = place.kubectl("logs", "-l", "app.kubernetes.io/component=web", "-c", "web", "--tail=-1")
        lines = (json.loads(line) for line in logs.splitlines() if '"/forged-' in line)
        return [str(line["client"]) for line in lines]

    until(lambda: len(clients()) == len(FORGED), what="the lines of the log", seconds=10)
    assert set(clients()) == {client_address}


def test_a_third_site_is_served_and_no_other_in_its_place(
    place: Namespace, envoy: str, sites: None, figures: dict[str, str]
) -> None:
    others = {place.ask(host, at=envoy).site for host in (NORTH, SOUTH)} | {"1"}
    seen: list[Answer] = []
    began = time.monotonic()

    def watch() -> None:
        while (not seen or not seen[-1].site) and time.monotonic() < began + 60:
            seen.append(place.ask(WEST, at=envoy))

    watcher = threading.Thread(target=watch)
    watcher.start()
    place.release("upgrade", "demo", str(CHART), values=values(sites={**SITES, "west": {"domain": WEST}}))
    watcher.join()
    figures["a third site is served through Envoy after"] = f"{time.monotonic() - began:.0f} s"
    assert seen[-1].served, "not within a minute"
    assert not {answer.site for answer in seen} & others
    assert {(answer.status, answer.site) for answer in seen[:-1]} <= {(404, None)}


def test_an_upgrade_and_a_restart_lose_no_request(
    place: Namespace, envoy: str, sites: None, load: type[Load], figures: dict[str, str]
) -> None:
    with load(place, envoy, NORTH) as traffic:
        upgrade(place, values(podAnnotations={"example.org/release": "next"}))
        place.kubectl("rollout", "restart", f"deploy/{SERVICE}")
        place.kubectl("rollout", "status", f"deploy/{SERVICE}", "--timeout=5m")
    figures["through Envoy during an upgrade and a restart"] = json.dumps(traffic.counted)
    assert traffic.counted["lost"] == {}
    assert int(traffic.counted["answered"]) > 200


def redirecting(*https: Object) -> Object:
    """The HTTP listener only redirects, and sites are on other ones."""
    redirect = {"enabled": True, "parentRefs": [{"name": "public", "sectionName": "http"}]}
    return {"enabled": True, "parentRefs": list(https), "redirect": redirect}


def test_https_on_a_listener_of_the_gateway(place: Namespace, envoy: str, sites: None) -> None:
    authority = trustme.CA()
    trusted = authority.cert_pem.bytes().decode()
    made = authority.issue_cert(NORTH, WWW, SOUTH)
    chain = "".join(one.bytes().decode() for one in made.cert_chain_pems)
    data = {"tls.crt": chain, "tls.key": made.private_key_pem.bytes().decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge"}, "type": "kubernetes.io/tls"}
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "edge"}]}
    place.apply(
        {**secret, "stringData": data}, gateway({"name": "https", "protocol": "HTTPS", "port": 443, "tls": tls})
    )
    routes = redirecting({"name": "public", "sectionName": "https"})
    upgrade(place, values(tls={"mode": "edge"}, httpRoute=routes))
    north, south = (until(lambda: secured(place, host, envoy, trusted), what=host) for host in (NORTH, SOUTH))  # noqa: B023
    assert north.served
    assert south.served
    assert north.site != south.site
    alias = place.ask_securely(WWW, at=envoy, authority=trusted)
    assert (alias.status, alias.location) == (301, f"https://{NORTH}/")
    plain = place.ask(NORTH, at=envoy, X_Forwarded_Proto="https")
    assert (plain.status, plain.location, plain.site) == (301, f"https://{NORTH}/", None)


@pytest.mark.skipif(
    "TEST_CLUSTER" in os.environ
    and not (has_kind("listenersets.gateway.networking.k8s.io") and has_kind("certificates.cert-manager.io")),
    reason="this cluster has no ListenerSets (Gateway API 1.5), or no cert-manager",
)
def test_https_on_listener_sets_with_a_certificate_per_site(
    place: Namespace, envoy: str, sites: None, authority: Authority, load: type[Load], figures: dict[str, str]
) -> None:
    place.apply(gateway(allowedListeners={"namespaces": {"from": "Same"}}))
    given = values(
        tls={"mode": "perSite", "clusterIssuer": authority.issuer},
        httpRoute=redirecting(),
        listenerSet={"enabled": True, "parentRef": {"name": "public"}},
        routes={"reconcile": {"enabled": True}},
    )
    upgrade(place, given)
    trusted = authority.certificate
    north, south = (until(lambda: secured(place, host, envoy, trusted), what=host) for host in (NORTH, SOUTH))  # noqa: B023
    assert north.served
    assert south.served
    assert north.site != south.site
    assert (north.certified, south.certified) == ((NORTH, WWW), (SOUTH,))
    alias = place.ask_securely(WWW, at=envoy, authority=trusted)
    assert (alias.status, alias.location) == (301, f"https://{NORTH}/")
    assert place.ask(NORTH, at=envoy).location == f"https://{NORTH}/"

    given["sites"] = {**SITES, "west": {"domain": WEST}}
    with load(place, envoy, NORTH, trusted) as traffic:
        began = time.monotonic()
        place.release("upgrade", "demo", str(CHART), values=given)
        west = until(lambda: secured(place, WEST, envoy, trusted), what="the third site over HTTPS")
        figures["a third site is served over HTTPS, by its ListenerSet, after"] = f"{time.monotonic() - began:.0f} s"
        place.manage("sites", "add", SHOP)
        began = time.monotonic()
        shop = until(lambda: secured(place, SHOP, envoy, trusted), what="the site made by command over HTTPS")
        figures["a site made by command, the same"] = f"{time.monotonic() - began:.1f} s"
    figures["through Envoy while two ListenerSets are added"] = json.dumps(traffic.counted)
    assert west.served
    assert shop.served
    assert (west.certified, shop.certified) == ((WEST,), (SHOP,))
    assert traffic.counted["lost"] == {}
