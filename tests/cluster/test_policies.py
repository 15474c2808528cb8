"""The chart's NetworkPolicies, where they are enforced: who is refused, and that all of the release works."""

from __future__ import annotations

import json

import pytest

from tests.cluster import kube, services
from tests.cluster.kube import CHART, Namespace, Object, until

WEB, DATABASE = "deploy/demo-colonnade", "demo-colonnade-postgresql"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()"


def values(edge: str, **policy: object) -> Object:
    """`edge`: the controller runs in the node's network here, so its address names it."""
    return {
        "image": dict(zip(("repository", "tag"), kube.image(), strict=True)),
        "persistence": {"media": {"enabled": False}},
        "sites": {"north": {"domain": "north.policies.test"}},
        "ingress": {"enabled": True},
        "routes": {"reconcile": {"enabled": True}},
        "networkPolicy": {"ingressFrom": [{"ipBlock": {"cidr": f"{edge}/32"}}], **policy},
    }


def reaches(space: Namespace, pod: str, host: str, port: int, container: str = "") -> bool:
    """Whether a pod can open a connection, by name or address."""
    chosen = ["-c", container] if container else []
    command = ("kubectl", "-n", space.name, "exec", pod, *chosen, "--", "python", "-c", CONNECT, host, str(port))
    return not kube.run(*command, check=False).returncode


def server(name: str, port: int) -> Object:
    """A pod of no release that listens."""
    repository, tag = kube.image()
    listen = ["python", "-m", "http.server", str(port), "--directory", "/tmp"]
    pod = kube.restricted_pod(name, f"{repository}:{tag}", listen)
    pod["metadata"]["labels"] = {"app": name}
    return pod


def address(space: Namespace, pod: str) -> str:
    return str(until(lambda: space.get("pod", pod)["status"].get("podIP"), what="an address"))


@pytest.fixture(scope="module")
def outside(stranger: Namespace) -> str:
    """The address of a server in another namespace."""
    stranger.apply(server("outside", 8000))
    stranger.kubectl("wait", "--for=condition=Ready", "pod/outside", "--timeout=60s")
    found = address(stranger, "outside")
    until(lambda: reaches(stranger, "client", found, 8000), what="the server outside")
    return found


@pytest.fixture(scope="module", autouse=True)
def enforced(place: Namespace, stranger: Namespace, outside: str) -> None:
    """Skips where nothing enforces: then a pod that a policy closes can still be reached."""
    spec = {"podSelector": {"matchLabels": {"app": "outside"}}, "policyTypes": ["Ingress"]}
    api = "networking.k8s.io/v1"
    stranger.apply({"apiVersion": api, "kind": "NetworkPolicy", "metadata": {"name": "closed"}, "spec": spec})
    try:
        until(lambda: not reaches(stranger, "client", outside, 8000), what="a refusal", seconds=20)
    except AssertionError:
        pytest.skip("nothing on this cluster enforces NetworkPolicies")
    finally:
        stranger.kubectl("delete", "networkpolicy", "closed")
    until(lambda: reaches(stranger, "client", outside, 8000), what="the server outside")


@pytest.fixture(scope="module", autouse=True)
def installed(enforced: None, place: Namespace, edge: str) -> None:
    place.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values(edge))


def test_the_database_accepts_the_release_and_refuses_strangers(place: Namespace, stranger: Namespace) -> None:
    database = address(place, f"{DATABASE}-0")
    assert reaches(place, WEB, DATABASE, 5432, "web"), "by its name, so DNS works too"
    assert not reaches(place, "client", database, 5432), "of the same namespace, but not of the release"
    assert not reaches(stranger, "client", database, 5432)


def test_web_pods_accept_the_ingress_controller_and_refuse_strangers(
    place: Namespace, stranger: Namespace, edge: str
) -> None:
    (web,) = place.pods("web")
    found = str(web["status"]["podIP"])
    until(lambda: place.ask("north.policies.test", at=edge).served, what="the site through the ingress")
    assert not reaches(stranger, "client", found, 8000)
    assert not reaches(place, "client", found, 8000)
    assert place.release("test", "demo", "--timeout", "3m").returncode == 0, "the pods of `helm test` are let in"


def test_nothing_of_the_release_needs_the_outside(
    place: Namespace, stranger: Namespace, edge: str, outside: str
) -> None:
    """Without external egress, DNS, the database, a poll and the routes work; other servers are out of reach."""
    assert reaches(place, WEB, outside, 8000, "web")
    given = values(edge, allowExternalEgress=False)
    place.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "5m", values=given)
    until(lambda: not reaches(place, WEB, outside, 8000, "web"), what="the refusal", seconds=30)
    assert reaches(place, WEB, DATABASE, 5432, "web")
    place.manage("sites", "add", "shop.policies.test")
    until(lambda: place.ask("shop.policies.test", at=edge).served, what="a route of a new site", seconds=30)
    done, logs = place.run_now("poll-twitter", "poll-now")
    assert done, logs


def test_a_shared_cache_is_reached_when_it_is_named(place: Namespace, edge: str) -> None:
    image = "valkey/valkey:8"
    cache = kube.restricted_pod(
        "cache", image, ["valkey-server", "--bind", "*", "--protected-mode", "no", "--save", ""]
    )
    cache["metadata"]["labels"] = {"app": "cache"}
    service = {"selector": {"app": "cache"}, "ports": [{"port": 6379}]}
    place.apply(cache, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cache"}, "spec": service})
    place.kubectl("wait", "--for=condition=Ready", "pod/cache", "--timeout=60s")
    named = {"to": [{"podSelector": {"matchLabels": {"app": "cache"}}}], "ports": [{"port": 6379}]}
    given = values(edge, allowExternalEgress=False, extraEgress=[named])
    given["cache"] = {"url": "redis://cache:6379/0"}
    place.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "5m", values=given)
    assert reaches(place, WEB, "cache", 6379, "web")
    keys = "from django.core.cache import cache; cache.set('seen', 1); print(json.dumps(cache.get('seen')))"
    assert json.loads(place.manage("shell", "--no-imports", "-c", f"import json; {keys}").splitlines()[-1]) == 1


@pytest.mark.skipif(not services.s3_image(), reason="TEST_S3_IMAGE is not set: see docs/deploy.md.")
def test_a_backup_reaches_its_bucket_when_it_is_named(place: Namespace, edge: str) -> None:
    """The job's steps also reach the database; a restore reads the bucket, and refuses a database with tables."""
    services.start_bucket(place)
    named = {"to": [{"podSelector": {"matchLabels": {"service": "bucket"}}}], "ports": [{"port": 9000}]}
    given = values(edge, allowExternalEgress=False, extraEgress=[named])
    url = "s3+http://AK:trial@bucket:9000/{}?region=us-east-1"  # pragma: allowlist secret
    given["storage"] = {"url": url.format("media")}
    given["backup"] = {"enabled": True, "url": url.format("backups/nightly")}
    place.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "5m", values=given)
    done, logs = place.run_now("backup", "backup-now")
    assert done, logs
    refused, logs = place.run_now("restore", "restore-refused")
    assert not refused
    assert "The database is not empty" in logs
