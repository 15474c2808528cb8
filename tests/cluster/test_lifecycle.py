"""The life of one release on a real cluster, in order: each test goes on from the one before it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.cluster import kube
from tests.cluster.conftest import Load
from tests.cluster.kube import CHART, Answer, Namespace, Object, is_ready, restarts, until

REPOSITORY, TAG = kube.image()
SITES: Object = {
    "north": {"domain": "north.example.test", "aliases": ["www.north.example.test"]},
    "south": {"domain": "south.example.test"},
}
THIRD = {**SITES, "west": {"domain": "west.example.test"}}
GATEWAY = {"enabled": True, "parentRefs": [{"name": "public"}]}
SERVICE = "demo-colonnade"


def values(**more: Any) -> Object:
    return {"image": dict(zip(("repository", "tag"), kube.image(), strict=True)), "replicaCount": 2, **more}


def upgrade(space: Namespace, *arguments: str, **more: Any) -> None:
    space.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "5m", *arguments, values=values(**more))


def web_pods(space: Namespace) -> dict[str, int]:
    return {pod["metadata"]["name"]: restarts(pod) for pod in space.pods("web")}


def test_a_bare_install_is_ready_and_nothing_restarted(space: Namespace, figures: dict[str, str]) -> None:
    began = time.monotonic()
    image = f"image.repository={REPOSITORY},image.tag={TAG}"
    done = space.release("install", "demo", str(CHART), "--set", image, "--wait", "--timeout", "5m")
    figures[f"{space.name}: install to ready"] = f"{time.monotonic() - began:.0f} s"
    assert "createsuperuser" in done.stdout
    assert TAG.isdigit(), "the tag is a number to --set"
    pods = [*space.pods("web"), *space.pods("postgresql")]
    assert len(pods) == 2
    assert all(is_ready(pod) and not restarts(pod) for pod in pods)


def test_the_first_site_answers_on_the_service(space: Namespace) -> None:
    answer = space.ask(SERVICE, at=SERVICE)
    assert (answer.served, answer.site) == (True, "1")


def test_two_sites_answer_through_the_ingress(space: Namespace, edge: str) -> None:
    upgrade(space, sites=SITES, ingress={"enabled": True})
    sites = {host: space.ask(host, at=edge) for host in ("north.example.test", "south.example.test")}
    assert len({answer.site for answer in sites.values()}) == 2
    assert all(answer.served for answer in sites.values())
    alias = space.ask("www.north.example.test", at=edge)
    assert (alias.status, alias.location) == (301, "http://north.example.test/")
    assert space.ask("nobody.example.test", at=edge).status == 404


def test_a_third_site_is_there_within_a_minute_and_no_pod_restarts(
    space: Namespace, edge: str, figures: dict[str, str]
) -> None:
    before = web_pods(space)
    others = {space.ask(str(site["domain"]), at=edge).site for site in SITES.values()} | {"1"}
    seen: list[Answer] = []
    began = time.monotonic()

    def watch() -> None:
        while not seen or not seen[-1].site:
            seen.append(space.ask("west.example.test", at=edge))

    watcher = threading.Thread(target=watch)
    watcher.start()
    space.release("upgrade", "demo", str(CHART), values=values(sites=THIRD, ingress={"enabled": True}))
    watcher.join(60)
    seconds = time.monotonic() - began
    assert not watcher.is_alive(), "not within a minute"
    assert seen[-1].served
    assert not {answer.site for answer in seen} & others
    assert {(answer.status, answer.site) for answer in seen[:-1]} <= {(404, None)}
    assert web_pods(space) == before
    figures[f"{space.name}: third site after"] = f"{seconds:.0f} s"


def test_the_same_through_a_gateway(space: Namespace, edge: str) -> None:
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    gateway = {"gatewayClassName": "traefik", "listeners": [listener]}
    api = "gateway.networking.k8s.io/v1"
    space.apply({"apiVersion": api, "kind": "Gateway", "metadata": {"name": "public"}, "spec": gateway})
    before = web_pods(space)
    upgrade(space, sites=SITES, httpRoute=GATEWAY)
    assert not space.all("ingresses")
    assert len(space.all("httproutes")) == 2
    north = until(lambda: _with_site(space, "north.example.test", edge), what="the route to north")
    south = until(lambda: _with_site(space, "south.example.test", edge), what="the route to south")
    assert north.site != south.site
    until(lambda: not space.ask("west.example.test", at=edge).site, what="the third route's end")
    upgrade(space, sites=THIRD, httpRoute=GATEWAY)
    west = until(lambda: _with_site(space, "west.example.test", edge), what="the third route", seconds=60)
    assert west.site not in {north.site, south.site, "1"}
    assert web_pods(space) == before
    forged = space.ask("north.example.test", at=edge, X_Forwarded_Host="south.example.test")
    assert (forged.served, forged.site) == (True, north.site)


def _with_site(space: Namespace, host: str, edge: str) -> Answer | None:
    answer = space.ask(host, at=edge)
    return answer if answer.served else None


def test_a_site_no_longer_declared_keeps_its_row_until_prune(space: Namespace) -> None:
    def state(key: str) -> str:
        listed = space.kubectl(
            "exec", f"deploy/{SERVICE}", "-c", "web", "--", "python", "manage.py", "sites", "list", "--json"
        )
        return next(str(site["state"]) for site in json.loads(listed) if site["key"] == key)

    upgrade(space, sites=SITES)
    assert state("west") == "active"
    upgrade(space, sites=SITES, siteSync={"prune": True})
    assert state("west") == "archived"
    assert space.ask("west.example.test", at=SERVICE).status == 410


def test_one_who_names_two_sites_is_refused(space: Namespace, stranger: Namespace) -> None:
    at = f"{SERVICE}.{space.name}.svc"
    assert stranger.ask("north.example.test", at=at).served
    forged = stranger.ask("north.example.test", at=at, X_Forwarded_Host="south.example.test")
    assert (forged.status, forged.site) == (400, None)


def test_polls_by_hand_one_and_two_at_once(space: Namespace) -> None:
    names = ["poll-now", "poll-twin-a", "poll-twin-b"]
    for name in names:
        space.kubectl("create", "job", name, f"--from=cronjob/{SERVICE}-poll-twitter")
    for name in names:
        space.kubectl("wait", "--for=condition=Complete", f"job/{name}", "--timeout=120s")


def test_the_schedule_fires(space: Namespace) -> None:
    upgrade(space, sites=SITES, cronJobs={"poll-twitter": {"schedule": "* * * * *"}})
    until(lambda: [job for job in space.all("jobs") if _made_by_schedule(job)], what="a scheduled poll", seconds=130)


def _made_by_schedule(job: Object) -> bool:
    scheduled = "batch.kubernetes.io/cronjob-scheduled-timestamp" in job["metadata"].get("annotations", {})
    return scheduled and bool(job["status"].get("succeeded"))


def test_the_tests_of_the_release_pass(space: Namespace) -> None:
    upgrade(space, sites=SITES)
    done = space.release("test", "demo", "--timeout", "3m")
    assert "Succeeded" in done.stdout


def test_tls_values_bring_the_redirect(space: Namespace) -> None:
    upgrade(space, sites=SITES, tls={"mode": "edge"})

    def redirect() -> str | None:
        """Helm 3 waits for the new pods, and an old one may still serve."""
        plain = space.ask("north.example.test", at=SERVICE)
        return plain.location if plain.status == 301 else None

    assert until(redirect, what="the redirect") == "https://north.example.test/"
    assert space.ask("north.example.test", at=SERVICE, X_Forwarded_Proto="https").served
    assert all(is_ready(pod) for pod in space.pods("web"))
    space.release("test", "demo", "--timeout", "3m")
    upgrade(space, sites=SITES)


def test_upgrades_and_restarts_under_load_lose_nothing(
    space: Namespace, load: type[Load], figures: dict[str, str]
) -> None:
    with load(space, SERVICE, "north.example.test") as traffic:
        upgrade(space, sites=SITES, podAnnotations={"example.org/release": "next"})
        space.kubectl("rollout", "restart", f"deploy/{SERVICE}")
        space.kubectl("rollout", "status", f"deploy/{SERVICE}", "--timeout=5m")
    figures[f"{space.name}: requests during an upgrade and a restart"] = json.dumps(traffic.counted)
    assert traffic.counted["lost"] == {}
    assert int(str(traffic.counted["answered"])) > 500


def test_a_failing_migration_leaves_the_old_pods_serving_and_says_why(space: Namespace, load: type[Load]) -> None:
    old = web_pods(space)
    with load(space, SERVICE, "north.example.test") as traffic:
        arguments = ("upgrade", "demo", str(CHART), "--wait", "--timeout", "40s")
        bad = values(sites=SITES, release={"backoffLimit": 0}, **kube.broken_migration())
        done = space.release(*arguments, check=False, values=bad)
        assert done.returncode != 0
        ready = {pod["metadata"]["name"] for pod in space.pods("web") if is_ready(pod)}
        assert ready == set(old)
        log = space.kubectl("logs", "-l", "app.kubernetes.io/component=release", "--tail=-1", "--all-containers")
        assert "this_column_is_not_there" in log
        space.release("rollback", "demo", "--wait", "--timeout", "5m")
    assert traffic.counted["lost"] == {}
    assert web_pods(space) == old


def test_a_lost_database_pod_comes_back_with_its_data(space: Namespace) -> None:
    space.kubectl("delete", "pod", f"{SERVICE}-postgresql-0", "--wait")
    space.kubectl("rollout", "status", f"statefulset/{SERVICE}-postgresql", "--timeout=3m")
    until(lambda: all(is_ready(pod) for pod in space.pods("web")), what="ready pods")
    assert space.ask("south.example.test", at=SERVICE).served


def test_a_backup_brings_back_what_was(space: Namespace) -> None:
    database = f"{SERVICE}-postgresql-0"
    manage = ("exec", f"deploy/{SERVICE}", "-c", "web", "--", "python", "manage.py")
    dump = space.kubectl("exec", database, "--", "pg_dump", "-U", "colonnade", "--clean", "--if-exists", "colonnade")
    space.kubectl(*manage, "sites", "archive", "south.example.test")
    until(lambda: space.ask("south.example.test", at=SERVICE).status == 410, what="the archived site")
    space.kubectl("scale", f"deploy/{SERVICE}", "--replicas=0")
    space.kubectl("wait", "--for=delete", "pod", "-l", "app.kubernetes.io/component=web", "--timeout=90s")
    restore = (
        "exec",
        "-i",
        database,
        "--",
        "psql",
        "-q",
        "-1",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "colonnade",
        "colonnade",
    )
    space.kubectl(*restore, stdin=dump)
    space.kubectl("scale", f"deploy/{SERVICE}", "--replicas=2")
    space.kubectl("rollout", "status", f"deploy/{SERVICE}", "--timeout=3m")
    assert space.ask("south.example.test", at=SERVICE).served


def test_a_frozen_database_takes_pods_out_and_never_restarts_them(space: Namespace, figures: dict[str, str]) -> None:
    # The server can only be stopped from a shell that is not its child, so the pod shares its processes.
    patch = json.dumps({"spec": {"template": {"spec": {"shareProcessNamespace": True}}}})
    space.kubectl("patch", "statefulset", f"{SERVICE}-postgresql", "--patch", patch)
    space.kubectl("rollout", "status", f"statefulset/{SERVICE}-postgresql", "--timeout=3m")
    until(lambda: all(is_ready(pod) for pod in space.pods("web")), what="ready pods")
    before = web_pods(space)
    signal = "for p in /proc/[0-9]*; do case $(cat $p/comm) in postgres) kill -{} ${{p#/proc/}};; esac; done"

    def send(name: str) -> None:
        space.kubectl("exec", f"{SERVICE}-postgresql-0", "--", "sh", "-c", signal.format(name))

    send("STOP")
    began = time.monotonic()
    until(lambda: not any(is_ready(pod) for pod in space.pods("web")), what="unready pods", seconds=60)
    figures[f"{space.name}: frozen database, all pods out after"] = f"{time.monotonic() - began:.0f} s"
    # Longer than the liveness probe's patience: this is the time in which a restart would show.
    probe = space.get("deployment", SERVICE)["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    patience = probe["periodSeconds"] * probe["failureThreshold"] + 20
    until(
        lambda: time.monotonic() - began > patience or web_pods(space) != before, what="the wait", seconds=patience + 20
    )
    assert web_pods(space) == before
    send("CONT")
    began = time.monotonic()
    until(lambda: all(is_ready(pod) for pod in space.pods("web")), what="ready pods", seconds=60)
    figures[f"{space.name}: thawed, all pods back after"] = f"{time.monotonic() - began:.0f} s"
    assert web_pods(space) == before


def test_uninstalling_leaves_the_data_and_installing_finds_it(space: Namespace) -> None:
    notes = space.release("get", "notes", "demo").stdout
    space.release("uninstall", "demo", "--wait", "--timeout", "3m")
    claims = {claim["metadata"]["name"] for claim in space.all("persistentvolumeclaims")}
    secrets = {secret["metadata"]["name"] for secret in space.all("secrets")}
    assert claims == {f"data-{SERVICE}-postgresql-0", f"{SERVICE}-media"}
    assert {f"{SERVICE}-secret-key", f"{SERVICE}-postgresql"} <= secrets
    assert all(name in notes for name in (*claims, f"{SERVICE}-secret-key"))
    assert not [one for kind in ("deployments", "statefulsets", "cronjobs", "services") for one in space.all(kind)]
    space.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values())
    assert space.ask("north.example.test", at=SERVICE).served


@pytest.mark.parametrize("overlay", ["", "overlays/extra-site", "overlays/external-database"])
def test_the_server_takes_the_plain_manifests(space: Namespace, overlay: str) -> None:
    folder = CHART.parents[1] / "k8s" / overlay
    taken = space.kubectl("apply", "--dry-run=server", "-k", str(folder)).splitlines()
    assert len(taken) >= 9
