"""ci/high-availability-values.yaml on a cluster: what visitors see while one part after the other is away.

The values are those of the file, with other addresses, plain HTTP and no rules for Prometheus. TEST_S3_IMAGE is
an image built from images/s3.Dockerfile. Each test goes on from the one before it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chart.rendering import scenario
from tests.cluster import kube, services
from tests.cluster.conftest import Load
from tests.cluster.kube import CHART, CommandFailed, Namespace, Object, is_ready, run, until

pytestmark = pytest.mark.skipif(
    not services.s3_image(), reason="TEST_S3_IMAGE is not set: build it from tests/cluster/images/s3.Dockerfile."
)
SERVICE = "demo-colonnade"
HOST = "north.localhost"
#: A page that every process has stored, and an address that is looked up in the database each time.
STORED, MADE = "/", "/not-stored/"
POLL = f"{SERVICE}-poll-twitter"
#: What pods run.
EDITOR, LOAD = ((Path(__file__).parent / name).read_text() for name in ("editor.py", "load.py"))
AWAY_SECONDS = 25
KILLED = {
    "a web pod is deleted": "",
    "its worker processes are killed": "import os; os.kill(-1, 9)",
    "its container ends": "import os, signal; os.kill(1, signal.SIGQUIT)",
}


def values(space: Namespace) -> Object:
    own = scenario("high-availability")
    own["image"] = dict(zip(("repository", "tag"), kube.image(), strict=True))
    own["twitter"] = {**own["twitter"], "apiUrl": f"http://{services.address(space, 'x')}:8000"}
    # The keys of the demo are other ones.
    own["sites"] = {"declared": {"domain": f"declared.{space.name}.test"}}
    own["httpRoute"] = {"enabled": True, "parentRefs": [{"name": "public"}]}
    own["tls"] = {"mode": "none"}
    ports = [{"port": port, "protocol": "TCP"} for port in (5432, 6379, 9000, 8000)]
    own["networkPolicy"] = {"allowExternalEgress": False, "extraEgress": [{"ports": ports}]}
    # A node that somebody adds for this run alone has this taint.
    own["tolerations"] = [*own["tolerations"], {"key": "colonnade.test/node", "operator": "Exists"}]
    # Polls are started by the tests.
    own["cronJobs"] = {"poll-twitter": {"suspend": True}}
    return own


@pytest.fixture(scope="module", autouse=True)
def installed(space: Namespace) -> None:
    services.start(space)
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    gateway = {"gatewayClassName": "traefik", "listeners": [listener]}
    api = "gateway.networking.k8s.io/v1"
    space.apply({"apiVersion": api, "kind": "Gateway", "metadata": {"name": "public"}, "spec": gateway})
    space.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values(space))
    space.manage("demo")
    until(lambda: ask(space) == 200, what="the first page")


def ask(space: Namespace, path: str = "/") -> int:
    return space.ask(HOST, at=services.address(space, SERVICE), path=path).status


class LoadByPath(Load):
    """Counts each path on its own, and the releases that made the pages."""

    def __init__(self, space: Namespace, service: str, host: str, *paths: str) -> None:
        super().__init__(space, service, host)
        self.command = ["python", "-c", LOAD, services.address(space, service), host, *paths]


@dataclass
class Trial:
    """One fault under load; every figure is written down at its end."""

    space: Namespace
    figures: dict[str, str]

    @contextmanager
    def during(self, fault: str, *paths: str) -> Iterator[LoadByPath]:
        """The load begins before the block, and ends a few seconds after every pod is ready again."""
        with LoadByPath(self.space, SERVICE, HOST, *(paths or (STORED, MADE))) as traffic:
            time.sleep(2)
            began = time.monotonic()
            yield traffic
            until(lambda: self.is_well(), what="two ready pods", seconds=180)
            well = time.monotonic() - began
            time.sleep(4)
        self.figures[f"{self.space.name}: {fault}"] = json.dumps({"well": round(well), **traffic.counted["paths"]})

    def is_well(self) -> bool:
        pods = self.space.pods("web")
        return len(pods) == 2 and all(is_ready(pod) for pod in pods)


@pytest.fixture
def trial(space: Namespace, figures: dict[str, str]) -> Trial:
    return Trial(space, figures)


def test_everything_of_the_recipe_is_there(space: Namespace, edge: str) -> None:
    assert len([pod for pod in space.pods("web") if is_ready(pod)]) == 2
    until(lambda: len([pod for pod in space.pods("routes") if is_ready(pod)]) == 2, what="two reconcilers")
    budget = until(lambda: space.get("pdb", SERVICE).get("status"), what="the budget")
    assert (budget["currentHealthy"], budget["desiredHealthy"], budget["disruptionsAllowed"]) == (2, 1, 1)
    assert {"ServiceMonitor", "PrometheusRule"} <= {
        one["kind"] for kind in ("servicemonitors", "prometheusrules") for one in space.all(kind)
    }
    until(lambda: space.ask(HOST, at=edge).status == 200, what="the route of a site that is not declared")
    until(lambda: space.ask(f"declared.{space.name}.test", at=edge).served, what="the route of the declared site")


@pytest.mark.parametrize("fault", list(KILLED))
def test_a_web_pod_dies(space: Namespace, trial: Trial, fault: str) -> None:
    name = space.pods("web")[0]["metadata"]["name"]
    code = KILLED[fault]
    with trial.during(fault) as traffic:
        if code:
            # The command is killed too.
            space.kubectl("exec", name, "-c", "web", "--", "python", "-c", code, check=False)
        if "SIGQUIT" in code:
            until(lambda: kube.restarts(space.get("pod", name)), what="the container's restart")
        if not code:
            space.kubectl("delete", "pod", name, "--wait=false")
    if not code:
        assert traffic.counted["lost"] == {}
    assert all(path["failing"] < 15 for path in traffic.counted["paths"].values())


def test_redis_is_away_and_comes_back_empty(space: Namespace, trial: Trial) -> None:
    with trial.during("Redis is away", STORED, MADE, "/admin/login/") as traffic:
        services.stop(space, "redis")
        time.sleep(AWAY_SECONDS)
        services.resume(space, "redis")
    assert traffic.counted["lost"] == {}


def test_postgresql_is_away_and_comes_back(space: Namespace, trial: Trial) -> None:
    before = {pod["metadata"]["name"]: kube.restarts(pod) for pod in space.pods("web")}
    with trial.during("PostgreSQL is away") as traffic:
        services.stop(space, "database")
        time.sleep(AWAY_SECONDS)
        services.resume(space, "database")
    paths = traffic.counted["paths"]
    assert paths[STORED]["failed"] == 0
    assert set(paths[MADE]["faults"]) == {"status 503"}
    assert paths[MADE]["failing"] < AWAY_SECONDS + 30
    assert {pod["metadata"]["name"]: kube.restarts(pod) for pod in space.pods("web")} == before


def upload(space: Namespace, name: str) -> Object:
    at = services.address(space, SERVICE)
    return services.as_json(space.kubectl("exec", "client", "--", "python", "-c", EDITOR, at, HOST, name))


def test_the_bucket_is_away_and_comes_back(space: Namespace, trial: Trial, figures: dict[str, str]) -> None:
    first = upload(space, "first.txt")
    assert (first["status"], first["errors"]) == (302, [])
    media = first["address"]
    assert ask(space, media) == 200
    with trial.during("the bucket hangs", STORED, MADE, media) as traffic:
        services.signal(space, "bucket", "SIGSTOP", "moto.server")
        second = upload(space, "second.txt")
        services.signal(space, "bucket", "SIGCONT", "moto.server")
    figures[f"{space.name}: an upload while the bucket hangs"] = json.dumps(second)
    paths = traffic.counted["paths"]
    assert (paths[STORED]["failed"], paths[MADE]["failed"]) == (0, 0)
    assert set(paths[media]["faults"]) == {"status 503"}
    assert paths[media]["slowest"] < 40, "3 s to connect and 10 s to read, twice"
    assert second["status"] == 200
    assert any("Files cannot be stored at the moment. Nothing was saved." in error for error in second["errors"])
    assert upload(space, "third.txt")["status"] == 302
    assert ask(space, media) == 200


def test_a_poll_is_killed_and_the_next_one_completes_it(space: Namespace, figures: dict[str, str]) -> None:
    def tweets() -> list[int]:
        code = (
            "import json; from django.db import connection; cursor = connection.cursor(); "
            "cursor.execute('select count(*), count(distinct (feed_id, remote_id)) from twitter_tweet'); "
            "print(json.dumps(cursor.fetchone()))"
        )
        return list(json.loads(space.manage("shell", "--no-imports", "-c", code).splitlines()[-1]))

    def working() -> Object | None:
        pods = space.all("pods", "batch.kubernetes.io/job-name=killed")
        return next((pod for pod in pods if pod["status"]["phase"] == "Running"), None)

    space.kubectl("create", "job", "killed", f"--from=cronjob/{POLL}")
    pod = until(working, what="a poll at work")
    time.sleep(services.X_SECONDS)
    space.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    began = time.monotonic()
    space.kubectl("wait", "--for=condition=Complete", "job/killed", "--timeout=180s")
    figures[f"{space.name}: a poll is killed; complete after"] = f"{time.monotonic() - began:.0f} s"
    rows, different = tweets()
    assert rows == different
    space.kubectl("create", "job", "again", f"--from=cronjob/{POLL}")
    space.kubectl("wait", "--for=condition=Complete", "job/again", "--timeout=180s")
    assert rows > 0
    assert tweets() == [rows, rows]


def test_the_reconciler_that_acts_is_killed(space: Namespace, edge: str, figures: dict[str, str]) -> None:
    def holder() -> str:
        return str(space.all("leases")[0]["spec"].get("holderIdentity") or "")

    name = until(holder, what="a reconciler that acts")
    pod = next(one for one in space.pods("routes") if one["metadata"]["name"] in name)
    host = f"new.{space.name}.test"
    space.kubectl("exec", pod["metadata"]["name"], "--", "python", "-c", "import os; os.kill(1, 9)", check=False)
    space.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    began = time.monotonic()
    space.manage("sites", "add", host)
    until(lambda: holder() not in {"", name}, what="another one that acts", seconds=60)
    other = time.monotonic() - began
    until(lambda: space.ask(host, at=edge).served, what="the new site's route", seconds=60)
    seconds = {"another acts": round(other), "a new site has its route": round(time.monotonic() - began)}
    figures[f"{space.name}: the reconciler is killed"] = json.dumps(seconds)


@pytest.mark.skipif(not kube.next_image(), reason="TEST_NEXT_IMAGE is not set: build images/next.Dockerfile.")
def test_the_next_release_with_a_migration_and_the_way_back_lose_nothing(space: Namespace, trial: Trial) -> None:
    repository, _, tag = kube.next_image().rpartition(":")
    newer = {**values(space), "image": {"repository": repository, "tag": tag}}
    with trial.during("an upgrade to another image with a migration") as forward:
        space.release("upgrade", "demo", str(CHART), "--wait", "--timeout", "5m", values=newer)
    assert re.search(r"\[X\] \d+_next_release", space.manage("showmigrations", "pages"))
    with trial.during("the rollback to the image before") as back:
        space.release("rollback", "demo", "--wait", "--timeout", "5m")
    for traffic in (forward, back):
        assert traffic.counted["lost"] == {}
        assert set(traffic.counted["releases"]) == {"first", "next"}


def test_a_node_is_drained(space: Namespace, trial: Trial) -> None:
    """As `kubectl drain` does it: truly with two nodes, and by evictions with one."""
    pods = space.pods("web")
    kept = space.get("pod", "database-0")["spec"]["nodeName"]
    node = next((pod["spec"]["nodeName"] for pod in pods if pod["spec"]["nodeName"] != kept), "")
    with trial.during("a node is drained" if node else "both web pods are evicted") as traffic:
        if node:
            _drain(space, node)
        else:
            _evict(space, [pod["metadata"]["name"] for pod in pods])
    assert traffic.counted["lost"] == {}


def _drain(space: Namespace, node: str) -> None:
    # Only the release: the client and the load are pods that nothing would create again.
    only = ["--pod-selector=app.kubernetes.io/instance=demo", "--delete-emptydir-data", "--timeout=180s"]
    try:
        run("kubectl", "drain", node, *only)
        until(lambda: len([pod for pod in space.pods("web") if is_ready(pod)]) == 2, what="ready pods", seconds=180)
        assert node not in {pod["spec"]["nodeName"] for pod in space.pods("web")}
    finally:
        run("kubectl", "uncordon", node)


def _evict(space: Namespace, names: list[str]) -> None:
    """Every pod that is there now; the budget refuses an eviction until the pod before it is replaced."""

    def evict(name: str) -> str:
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": space.name}}
        path = f"/api/v1/namespaces/{space.name}/pods/{name}/eviction"
        try:
            space.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
        except CommandFailed as refused:
            return str(refused)
        return ""

    assert evict(names[0]) == ""
    assert "disruption budget" in evict(names[1])
    until(lambda: evict(names[1]) == "", what="the second eviction", seconds=180)
