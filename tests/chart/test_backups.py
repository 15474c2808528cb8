"""The CronJobs `backup` and `restore`: which container does what, with which rights."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.chart.rendering import REPOSITORY, Object, Rendered, Values, environment, pod_spec, render, scenario

GUIDE = (REPOSITORY / "docs" / "deploy.md").read_text()
ON: Values = {"backup": {"enabled": True}}
SQLITE: Values = {**ON, "database": {"type": "sqlite"}}


def spec(rendered: Rendered, name: str) -> Object:
    found = pod_spec(rendered.of("CronJob", f"demo-colonnade-{name}"))
    assert found
    return found


def steps(rendered: Rendered, name: str) -> list[tuple[str, list[str]]]:
    """The containers in their order: name, and the end of the command."""
    pod = spec(rendered, name)
    return [
        (one["name"], one.get("args", one.get("command"))[-2:]) for one in [*pod["initContainers"], *pod["containers"]]
    ]


@pytest.mark.parametrize(("name", "script"), [("backup", "dump.sh"), ("restore", "load.sh")])
def test_the_programs_of_postgresql_run_between_two_steps_of_the_product(name: str, script: str) -> None:
    found = steps(render(ON), name)
    assert found == [
        ("prepare", ["--prepare", "/work"]),
        ("postgresql", ["sh", f"/work/{script}"]),
        ("manage", ["--finish", "/work"]),
    ]
    assert [step for step, _ in steps(render(SQLITE), name)] == ["prepare", "manage"]


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_a_dump_cannot_fill_the_disk_of_a_node(name: str) -> None:
    def limit(values: Values) -> Object:
        return next(one["emptyDir"] for one in spec(render(values), name)["volumes"] if one["name"] == "work")

    assert limit(ON) == {"sizeLimit": "20Gi"}
    assert limit({**ON, "scratch": {"backup": "5Gi"}}) == {"sizeLimit": "5Gi"}


def test_a_restore_runs_only_when_somebody_starts_it() -> None:
    rendered = render({**ON, "replicaCount": 0})
    job = rendered.of("CronJob", "demo-colonnade-restore")["spec"]
    assert (job["suspend"], job["jobTemplate"]["spec"]["backoffLimit"]) == (True, 0)
    # Its node must not be that of the web pods: there are none.
    assert "affinity" not in spec(rendered, "restore")
    assert "affinity" in spec(rendered, "backup")


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_nothing_writes_while_a_restore_runs(database: str) -> None:
    """With the values of the documented installation, and every CronJob that the chart knows."""
    line = next(line for line in GUIDE.splitlines() if line.startswith("helm install") and "replicaCount=0" in line)
    given = dict(one.split("=") for one in line.partition("--set ")[2].split(","))
    if database == "sqlite":
        del given["release.mode"]
    values: Values = {**ON, "sitesExistingConfigMap": "sites", "database": {"type": database}}
    for path, value in given.items():
        section, _, key = path.rpartition(".")
        (values.setdefault(section, {}) if section else values)[key] = yaml.safe_load(value)
    rendered = render(values)
    jobs = {one["metadata"]["name"].removeprefix("demo-colonnade-"): one for one in rendered.kind("CronJob")}
    assert jobs.keys() == {"poll-twitter", "clear-sessions", "sync-sites", "backup", "restore"}
    assert all(one["spec"]["suspend"] is True for one in jobs.values())
    assert [one["spec"]["replicas"] for one in rendered.kind("Deployment")] == [0]
    assert not rendered.kind("Job")


def test_a_deployment_that_takes_over_a_target() -> None:
    command = spec(render({"backup": {"enabled": True, "adopt": True}}), "backup")
    assert all("--adopt" in one["args"] for one in (command["initContainers"][0], command["containers"][0]))
    assert "--adopt" not in str(render(ON).objects)


def test_a_claim_outlives_the_release_and_only_backups_mount_it() -> None:
    rendered = render(ON)
    claim = rendered.of("PersistentVolumeClaim", "demo-colonnade-backup")
    # A hook is not part of the release, and --wait does not wait for a pod that mounts it.
    assert claim["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-install,pre-upgrade",
        # Of a claim that was there before, Helm deletes nothing with this one; without any, it would.
        "helm.sh/hook-delete-policy": "hook-failed",
        # It would delete what is there when the hook fails, and wait until a pod has bound the claim.
        "argocd.argoproj.io/hook": "Skip",
    }
    mounting = [
        one["metadata"]["name"]
        for one in rendered.objects
        if (pod := pod_spec(one)) and "backup" in {volume["name"] for volume in pod.get("volumes", ())}
    ]
    assert mounting == ["demo-colonnade-backup", "demo-colonnade-restore"]
    assert environment(spec(rendered, "backup")["containers"][0])["BACKUP_TARGET"] == "/backup"
    other = render({"backup": {"enabled": True, "persistence": {"existingClaim": "mine"}}})
    assert {"name": "backup", "persistentVolumeClaim": {"claimName": "mine"}} in spec(other, "backup")["volumes"]


def test_a_bucket_with_the_programs_of_another_server() -> None:
    rendered = render(scenario("backup"))
    pod = spec(rendered, "backup")
    assert [one["image"] for one in pod["initContainers"]][1] == "postgres:18"
    secrets = [
        item["path"] for source in pod["volumes"][2]["projected"]["sources"] for item in source["secret"]["items"]
    ]
    # With row security the pods' role would see no rows: the owner's URL as well.
    assert {"BACKUP_TARGET", "MIGRATE_DATABASE_URL", "DATABASE_URL"} <= set(secrets)
    assert "BACKUP_TARGET" not in str(pod_spec(rendered.of("Deployment")))
    assert ("PersistentVolumeClaim", "demo-colonnade-backup") not in rendered.names()
    (alert,) = [
        rule
        for group in rendered.of("PrometheusRule")["spec"]["groups"]
        for rule in group["rules"]
        if rule["alert"] == "ColonnadeBackupStale"
    ]
    assert "> 180000" in alert["expr"]
    # Without a scrape for a while, the last value; without any, the job's own.
    assert re.findall(r"max\((?:last_over_time\()?(\w+){.*?}(\[74h\])?\)", alert["expr"]) == [
        ("colonnade_backup_success_timestamp_seconds", "[74h]"),
        ("kube_cronjob_status_last_successful_time", ""),
        ("kube_cronjob_created", ""),
    ]
    assert "--daily 14 --weekly 4 --monthly 6" in " ".join(pod["containers"][0]["args"])
