"""What runs the migrations, with what and in which order, for each database type; and the source of credentials."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.chart.rendering import Object, Rendered, Values, containers, environment, pod_spec, render, scenario, web

EXTERNAL: Values = {"database": {"type": "external"}, "externalDatabase": {"url": "postgres://a:b@db.example.org/c"}}
NORTH: Values = {"sites": {"north": {"domain": "north.example.org"}}}


def application(rendered: Rendered) -> dict[str, Object]:
    """Container name → container, for every container with the application's image."""
    found = {}
    for one in rendered.objects:
        if one["kind"] in {"Deployment", "Job", "CronJob"} and (spec := pod_spec(one)):
            for container in containers(spec):
                found[f"{one['kind']} {one['metadata']['name']} {container['name']}"] = container
    return found


def secret(rendered: Rendered, name: str) -> dict[str, str]:
    return {key: base64.b64decode(text).decode() for key, text in rendered.of("Secret", name)["data"].items()}


def test_the_bundled_database_is_migrated_by_a_job_while_pods_wait() -> None:
    rendered = render()
    job = rendered.of("Job")
    assert job["metadata"]["name"].startswith("demo-colonnade-release-")
    assert "annotations" not in job["metadata"]
    args = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[:3] == ["release", "--current", "/etc/colonnade-release/job"]
    assert job["metadata"]["name"].endswith(args[3])
    assert rendered.of("ConfigMap", "demo-colonnade-release")["data"] == {"job": args[3]}
    assert [c["args"] for c in rendered.of("Deployment")["spec"]["template"]["spec"]["initContainers"]] == [["wait"]]


@pytest.mark.parametrize("values", [EXTERNAL, scenario("cloudnative-pg-existing")])
def test_a_database_that_exists_is_migrated_before_anything_changes(values: Values) -> None:
    rendered = render({**NORTH, **values})
    hooks = {
        (one["kind"], one["metadata"]["name"]): one["metadata"]["annotations"]
        for one in rendered.objects
        if "pre-upgrade" in one["metadata"].get("annotations", {}).get("helm.sh/hook", "")
    }
    job = hooks.pop(("Job", "demo-colonnade-release"))
    assert job["helm.sh/hook"] == "pre-install,pre-upgrade,post-rollback"
    assert job["helm.sh/hook-weight"] == "0"
    assert {annotations["helm.sh/hook-weight"] for annotations in hooks.values()} == {"-10"}
    assert {name for _, name in hooks} == {"demo-colonnade-predeploy"}


def test_the_hook_job_has_its_own_copies_of_what_it_reads() -> None:
    spec = pod_spec(render({**NORTH, **EXTERNAL, "superuser": {"create": True, "password": "x"}}).of("Job"))
    assert spec
    assert spec["serviceAccountName"] == "demo-colonnade-predeploy"
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert {source["secret"]["name"] for source in volumes["credentials"]["projected"]["sources"]} == {
        "demo-colonnade-predeploy"
    }
    assert volumes["sites"]["configMap"]["name"] == "demo-colonnade-predeploy"
    assert "media" not in volumes


def test_sqlite_is_migrated_by_its_pod_and_a_job_writes_new_sites() -> None:
    rendered = render({**NORTH, "database": {"type": "sqlite"}})
    deployment = rendered.of("Deployment")["spec"]
    assert deployment["strategy"] == {"type": "Recreate"}
    assert [c["args"] for c in deployment["template"]["spec"]["initContainers"]] == [["release"]]
    job = pod_spec(rendered.of("Job"))
    assert job
    assert [c["args"] for c in containers(job)] == [["wait"], ["manage", "sync_sites", "/etc/colonnade/sites.yaml"]]
    assert job["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"tag": "2"}},
        {"release": {"resources": {"limits": {"memory": "1Gi"}}}},
        {"django": {"logLevel": "DEBUG"}},
        {"extraEnv": [{"name": "A", "value": "b"}]},
        {"email": {"url": "smtp://other"}},
        {"podSecurityContext": {"fsGroup": 5}},
        NORTH,
    ],
)
def test_a_job_that_would_change_gets_a_new_name(change: Values) -> None:
    assert render().of("Job")["metadata"]["name"] != render(change).of("Job")["metadata"]["name"]


@pytest.mark.parametrize("name", ["default", "external-database", "cloudnative-pg", "sqlite", "extras", "scaled"])
def test_web_release_and_poll_have_the_same_configuration(name: str) -> None:
    found = application(render(scenario(name)))
    own = {where: one for where, one in found.items() if where.rpartition(" ")[2] not in {"themes", "logs"}}
    assert len(own) >= 3
    shared = web(render(scenario(name)))
    for where, container in own.items():
        assert container["image"] == shared["image"], where
        assert container["securityContext"] == shared["securityContext"], where
        special = {"SITES_FILE", "SITE_DOMAIN", "SITE_DOMAIN_FILE"}
        if where.startswith("CronJob"):
            special |= {name for name in environment(container) if name.startswith("TWITTER_")}
        ours, theirs = environment(container), environment(shared)
        for variable in (ours.keys() | theirs.keys()) - special:
            assert variable.startswith("DJANGO_SUPERUSER_") or ours[variable] == theirs[variable], (where, variable)


def test_pods_are_replaced_without_downtime() -> None:
    rendered = render()
    assert rendered.of("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    pod = rendered.of("Deployment")["spec"]["template"]["spec"]
    pause = web(rendered)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= pause + 25


def test_probes_use_the_web_port_and_http() -> None:
    container = web(render({"tls": {"mode": "edge"}}))
    paths = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/startupz", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert all(container[name]["httpGet"]["port"] == "http" for name in paths)
    assert all(container[name]["httpGet"]["scheme"] == "HTTP" for name in paths)
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {"http": 8000, "metrics": 9090}


def test_deadlines_are_shorter_than_the_interval() -> None:
    poll = render().of("CronJob", "demo-colonnade-poll-twitter")["spec"]
    assert poll["schedule"] == "*/5 * * * *"
    assert 10 <= poll["startingDeadlineSeconds"] < 300
    assert poll["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 300
    assert poll["concurrencyPolicy"] == "Forbid"
    assert poll["jobTemplate"]["spec"]["ttlSecondsAfterFinished"]


def test_one_key_of_a_cron_job_can_be_set() -> None:
    before, after = (
        render(values).of("CronJob", "demo-colonnade-poll-twitter")
        for values in ({}, {"cronJobs": {"poll-twitter": {"suspend": True}}})
    )
    assert after["spec"].pop("suspend") is True
    assert before["spec"].pop("suspend") is False
    assert before == after


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "false"),
        ({"tls": {"mode": "edge"}}, "true"),
        ({"ingress": {"enabled": True}, "tls": {"mode": "perSite", "clusterIssuer": "c"}}, "true"),
        ({"ingress": {"enabled": True, "catchAll": True, "tls": [{"secretName": "s"}]}}, "true"),
        ({"tls": {"mode": "edge"}, "django": {"secureSSLRedirect": False}}, "false"),
        ({"django": {"secureSSLRedirect": True}}, "true"),
    ],
)
def test_the_redirect_to_https_follows_the_tls_values(values: Values, expected: str) -> None:
    assert environment(web(render(values)))["SECURE_SSL_REDIRECT"] == expected


# --- credentials ---


def test_credentials_are_files() -> None:
    values = {"twitter": {"bearerToken": "t"}, "health": {"token": "h"}, "sentry": {"dsn": "https://k@s.example/1"}}
    rendered = render(values)
    found = environment(application(rendered)["CronJob demo-colonnade-poll-twitter manage"])
    for name in ("SECRET_KEY", "DATABASE_URL", "TWITTER_BEARER_TOKEN", "HEALTH_TOKEN", "SENTRY_DSN"):
        assert name not in found
        assert found[f"{name}_FILE"] == f"/run/secrets/colonnade/{name}"
    assert secret(rendered, "demo-colonnade-credentials")["twitter-bearer-token"] == "t"


def test_every_credential_can_come_from_an_existing_secret() -> None:
    rendered = render(scenario("scaled"))
    assert not rendered.kind("Secret")
    spec = pod_spec(rendered.of("CronJob", "demo-colonnade-poll-twitter"))
    assert spec
    sources = next(v for v in spec["volumes"] if v["name"] == "credentials")["projected"]["sources"]
    assert {s["secret"]["items"][0]["path"]: s["secret"]["items"][0]["key"] for s in sources} == {
        "SECRET_KEY": "key",
        "SECRET_KEY_FALLBACKS": "old-keys",
        "CACHE_URL": "redis",
        "EMAIL_URL": "smtp",
        "STORAGE_URL": "bucket",
        "SENTRY_DSN": "sentry",
        "TWITTER_BEARER_TOKEN": "x",
        "HEALTH_TOKEN": "health",
    }
    password = {"secretKeyRef": {"name": "app", "key": "db"}}
    assert environment(web(rendered))["PGPASSWORD"] == password


def test_generated_secrets_are_kept_and_given_ones_are_not() -> None:
    rendered = render({"twitter": {"bearerToken": "t"}})
    kept = {
        one["metadata"]["name"]
        for one in rendered.kind("Secret")
        if one["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }
    assert kept == {"demo-colonnade-secret-key", "demo-colonnade-postgresql"}


def test_the_bundled_password_is_the_one_in_the_database_url() -> None:
    data = secret(render({"postgresql": {"auth": {"password": "p@ss w/rd+"}}}), "demo-colonnade-postgresql")
    assert data["password"] == "p@ss w/rd+"
    assert data["url"] == "postgres://colonnade:p%40ss%20w%2Frd%2B@demo-colonnade-postgresql:5432/colonnade"


def test_the_hook_signs_with_the_same_new_key_as_the_pods() -> None:
    rendered = render(EXTERNAL)
    keys = {secret(rendered, f"demo-colonnade-{name}")["secret-key"] for name in ("secret-key", "predeploy")}
    assert len(keys) == 1


@pytest.mark.parametrize("extra", ["SECRET_KEY", "SECRET_KEY_FILE", "LOG_LEVEL"])
def test_an_extra_variable_replaces_the_charts(extra: str) -> None:
    found = environment(web(render({"extraEnv": [{"name": extra, "value": "mine"}]})))
    assert found[extra] == "mine"
    assert len({"SECRET_KEY", "SECRET_KEY_FILE"} & found.keys()) == 1


@pytest.mark.parametrize(
    ("change", "restarts"),
    [
        ({"email": {"url": "smtp://new"}}, True),
        ({"twitter": {"bearerToken": "new"}}, False),
        ({"twitter": {"apiUrl": "https://x.example", "dailyReads": 5, "keep": 5}}, False),
        ({"sites": {"north": {"domain": "north.example.org"}}}, False),
        ({"metrics": {"dashboard": {"enabled": True}}}, False),
        ({"django": {"logLevel": "DEBUG"}}, True),
        ({"commonLabels": {"a": "b"}}, False),
        ({"ingress": {"enabled": True}}, False),
        ({"cronJobs": {"poll-twitter": {"schedule": "@hourly"}}}, False),
    ],
)
def test_pods_restart_only_for_their_own_configuration(change: Values, restarts: bool) -> None:
    def template(values: Any) -> Any:
        return render(values).of("Deployment")["spec"]["template"]

    assert (template({}) != template(change)) is restarts


def test_only_cron_jobs_get_the_token_for_x() -> None:
    found = application(render({"twitter": {"bearerToken": "t"}}))
    readers = {where for where, one in found.items() if any(name.startswith("TWITTER_") for name in environment(one))}
    assert readers == {where for where in found if where.startswith("CronJob ")}
    jobs = [render({"twitter": {"bearerToken": token}}).of("Job") for token in ("old", "new")]
    assert jobs[0] == jobs[1]


def test_jobs_end_and_are_deleted() -> None:
    for values in ({}, EXTERNAL, {**NORTH, "siteSync": {"prune": True}}, {**NORTH, "database": {"type": "sqlite"}}):
        for job in render(values).kind("Job"):
            assert job["spec"]["activeDeadlineSeconds"] == 900
            assert job["spec"]["ttlSecondsAfterFinished"] == 86400
            policy = job["metadata"].get("annotations", {}).get("helm.sh/hook-delete-policy", "hook-failed")
            assert "hook-failed" in policy, "a hook that is not done in time must not run later"


def test_an_earlier_job_is_not_the_current_one() -> None:
    """Helm has no record of the job of a failed upgrade; the job reads which one is current."""
    failed, rolled_back = (render({"image": {"tag": tag}}) for tag in ("2", "1"))
    args = failed.of("Job")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[3] != rolled_back.of("ConfigMap", "demo-colonnade-release")["data"]["job"]
    mounts = failed.of("Job")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "current", "mountPath": "/etc/colonnade-release", "readOnly": True} in mounts
