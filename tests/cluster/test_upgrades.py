"""Upgrades that fail or would break a live release, the redirect to HTTPS by host, and the commands of NOTES.txt."""

from __future__ import annotations

import json
import re
import subprocess
import time

import pytest

from tests.cluster import kube
from tests.cluster.kube import CHART, Namespace, Object, is_ready, run, until

SERVICE = "demo-colonnade"
SITES: Object = {
    "north": {"domain": "north.example.test"},
    "plain": {"domain": "plain.example.test", "tls": {"enabled": False}},
}
# Pods cannot start, as with an image that is not there yet.
MISSING: Object = {"serviceAccount": {"create": False, "name": "late"}}


def values(**more: object) -> Object:
    image = dict(zip(("repository", "tag"), kube.image(), strict=True))
    return {"image": image, "persistence": {"media": {"enabled": False}}, **more}


def upgrade(space: Namespace, *arguments: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    timeout = arguments or ("--timeout", "5m")
    return space.release("upgrade", "demo", str(CHART), "--wait", *timeout, check=check, values=values(**more))


def jobs(space: Namespace) -> dict[str, Object]:
    found = space.all("jobs", "app.kubernetes.io/component=release")
    return {str(job["metadata"]["name"]): job for job in found}


@pytest.fixture(scope="module", autouse=True)
def installed(space: Namespace) -> None:
    space.release("install", "demo", str(CHART), "--wait", "--timeout", "5m", values=values())
    until(lambda: all(job["status"].get("succeeded") for job in jobs(space).values()), what="the release job")


def test_the_job_of_a_failed_upgrade_changes_nothing_when_it_can_start_at_last(space: Namespace) -> None:
    before = set(jobs(space))
    assert upgrade(space, "--timeout", "15s", check=False, **MISSING).returncode != 0
    (left,) = set(jobs(space)) - before
    upgrade(space)
    assert left in jobs(space), "Helm has no record of it"
    space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "late"}})
    until(lambda: jobs(space)[left]["status"].get("succeeded"), what="the late job", seconds=300)
    log = space.kubectl("logs", f"job/{left}")
    assert "Another release has replaced this one. Nothing was changed." in log
    assert "Running migrations" not in log
    assert all(job["spec"]["ttlSecondsAfterFinished"] for job in jobs(space).values())


def test_a_job_that_failed_runs_again_when_the_same_upgrade_is_repeated(space: Namespace) -> None:
    sites: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own-sites"}}
    more: Object = {"sitesExistingConfigMap": "own-sites", "release": {"backoffLimit": 0}}
    space.apply({**sites, "data": {"sites.yaml": "sites: {again: {}}"}})
    before = set(jobs(space))
    upgrade(space, "--timeout", "1m", check=False, **more)
    (failed,) = set(jobs(space)) - before
    until(lambda: jobs(space)[failed]["status"].get("failed"), what="the job that fails")
    space.apply({**sites, "data": {"sites.yaml": "sites: {again: {domain: again.example.test}}"}})
    upgrade(space, **more)
    (again,) = set(jobs(space)) - before - {failed}
    until(lambda: jobs(space)[again]["status"].get("succeeded"), what="the job that runs again")
    assert "again.example.test" in space.manage("sites", "list")
    upgrade(space)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"database": {"type": "sqlite"}}, "database.type=sqlite: this release uses postgresql"),
        ({"postgresql": {"auth": {"password": "another"}}}, "postgresql.auth.password is not the password"),
        ({"postgresql": {"auth": {"username": "another"}}}, "postgresql.auth.username=another"),
        ({"postgresql": {"image": {"tag": 18}}}, "PostgreSQL 18 cannot read the volume of PostgreSQL 17"),
        ({"postgresql": {"persistence": {"size": "20Gi"}}}, "postgresql.persistence.size=20Gi: the StatefulSet"),
    ],
)
def test_an_upgrade_that_would_break_the_release_is_refused(space: Namespace, more: Object, message: str) -> None:
    generation = space.get("deployment", SERVICE)["metadata"]["generation"]
    done = upgrade(space, check=False, **more)
    assert done.returncode != 0
    assert message in done.stderr
    assert space.get("deployment", SERVICE)["metadata"]["generation"] == generation
    assert all(is_ready(pod) for pod in space.pods("web"))


def test_a_deleted_key_is_not_replaced_and_the_message_restores_it(space: Namespace) -> None:
    name = f"{SERVICE}-secret-key"
    key = space.get("secret", name)["data"]["secret-key"]
    space.kubectl("delete", "secret", name)
    done = upgrade(space, check=False)
    assert done.returncode != 0
    command = re.search(r"Create it with their key: (kubectl .*?\)\") \(or", done.stderr.replace('\\"', '"'))
    assert command, done.stderr
    run("bash", "-euc", command[1])
    assert space.get("secret", name)["data"]["secret-key"] == key
    upgrade(space)
    assert space.get("secret", name)["data"]["secret-key"] == key


def test_a_new_token_for_x_restarts_no_web_pod_and_reaches_the_poll(space: Namespace) -> None:
    before = [pod["metadata"]["name"] for pod in space.pods("web")]
    upgrade(space, twitter={"bearerToken": "new"})
    assert [pod["metadata"]["name"] for pod in space.pods("web")] == before
    cron = json.dumps(space.get("cronjob", f"{SERVICE}-poll-twitter"))
    assert "TWITTER_BEARER_TOKEN_FILE" in cron
    upgrade(space)


def test_only_hosts_with_tls_are_redirected(space: Namespace, edge: str) -> None:
    certificate = space.kubectl(
        "create",
        "secret",
        "generic",
        "north",
        "--type=kubernetes.io/tls",
        "--dry-run=client",
        "-o",
        "json",
        "--from-literal=tls.crt=",
        "--from-literal=tls.key=",
    )
    space.kubectl("apply", "-f", "-", stdin=certificate)
    sites = {**SITES, "north": {**SITES["north"], "tls": {"secretName": "north"}}}
    upgrade(space, sites=sites, ingress={"enabled": True}, tls={"mode": "existing"})
    north = until(lambda: _redirect(space, "north.example.test", edge), what="the redirect")
    assert north == "https://north.example.test/"
    plain = until(lambda: _served(space, "plain.example.test", edge), what="the site without TLS")
    assert plain
    spec = {str(one["metadata"]["name"]): one["spec"] for one in space.all("ingresses")}
    assert "tls" in spec[f"{SERVICE}-site-north"]
    assert "tls" not in spec[f"{SERVICE}-site-plain"]


def _redirect(space: Namespace, host: str, edge: str) -> str | None:
    found = space.ask(host, at=edge)
    return found.location if found.status == 301 else None


def _served(space: Namespace, host: str, edge: str) -> bool:
    return space.ask(host, at=edge).served


def test_the_commands_of_the_notes_work_when_they_are_pasted(space: Namespace) -> None:
    """All at once, as one paste, with their own namespace; twice, because a name may be taken the second time."""
    notes = space.release("get", "notes", "demo").stdout
    lines = [line.strip() for line in notes.splitlines()]
    start = lines.index("Poll manually") + 1
    pasted = "\n".join(lines[start : lines.index("", start)])
    for _ in range(2):
        began = time.monotonic()
        done = run("bash", "-uc", pasted, timeout=120)
        assert "poll" in done.stdout.lower(), done.stdout + done.stderr
        assert time.monotonic() - began < 120
    once = [line for line in lines if line.startswith("kubectl") and "exec deploy" in line and "-it" not in line]
    assert once
    for command in once:
        run("bash", "-euc", command)


def test_one_value_can_be_changed_as_the_notes_say(space: Namespace) -> None:
    upgrade(space)
    notes = space.release("get", "notes", "demo").stdout
    line = next(line.strip() for line in notes.splitlines() if "--reset-then-reuse-values" in line)
    command = line.replace("helm upgrade", f"{space.helm} upgrade").replace("helm/colonnade", str(CHART))
    run("bash", "-euc", command)
    assert space.get("ingress", f"{SERVICE}-site-north")
    assert space.get("deployment", SERVICE)["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
        kube.image()[1]
    )
