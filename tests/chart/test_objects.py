"""What single objects of the chart look like: pods of every kind, the Service, monitoring, Secrets, NOTES."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.chart import policy
from tests.chart.rendering import REPOSITORY, Object, Rendered, Values, environment, pod_template, render, scenario, web

EXTERNAL: Values = {"database": {"type": "external"}, "externalDatabase": {"url": "postgres://a:b@db.example.org/c"}}
SHARED: Values = {"persistence": {"media": {"accessModes": ["ReadWriteMany"]}}}
NO_MESH = {"sidecar.istio.io/inject": "false"}


def template(rendered: Rendered, kind: str, name: str = "") -> Object:
    found = pod_template(rendered.of(kind, name))
    assert found
    return found


# --- pods ---


def test_the_account_of_the_hook_has_the_identity_of_the_pods() -> None:
    values = {**EXTERNAL, "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}}}
    for account in render(values).kind("ServiceAccount"):
        assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == "arn:aws:iam::1:role/web"


@pytest.mark.parametrize("key", ["podAnnotations", "podLabels"])
@pytest.mark.parametrize("database", [{}, EXTERNAL, {"database": {"type": "sqlite"}}])
def test_every_job_can_keep_a_mesh_out(key: str, database: Values) -> None:
    values = {name: {key: NO_MESH} for name in ("release", "cronJobDefaults", "tests")}
    sites = {"sites": {"north": {"domain": "north.example.org"}}, "siteSync": {"prune": True}}
    rendered = render({**values, **database, **sites})
    part = "annotations" if key == "podAnnotations" else "labels"
    jobs = [one for one in rendered.objects if one["kind"] in {"Job", "CronJob", "Pod"}]
    assert len(jobs) >= 5
    for job in jobs:
        found = pod_template(job)
        assert found
        assert found["metadata"][part].items() >= NO_MESH.items(), job["metadata"]["name"]
    assert NO_MESH.keys().isdisjoint(template(rendered, "Deployment")["metadata"][part])
    assert policy.findings(rendered.objects) == []


def test_a_cron_job_has_its_own_place() -> None:
    rendered = render({**scenario("exposed"), "tolerations": [{"key": "web"}], "priorityClassName": "high"})
    own = template(rendered, "CronJob", "demo-colonnade-poll-twitter")["spec"]
    assert own["nodeSelector"] == {"example.org/batch": "true"}
    assert own["tolerations"] == [{"key": "batch", "operator": "Exists"}]
    assert own["affinity"]["nodeAffinity"]
    assert own["priorityClassName"] == "low"
    other = template(rendered, "CronJob", "demo-colonnade-clear-sessions")["spec"]
    assert (other["nodeSelector"], other["tolerations"]) == ({"example.org/web": "true"}, [{"key": "web"}])
    assert other["priorityClassName"] == "high"
    emptied = render({"nodeSelector": {"a": "b"}, "cronJobs": {"clear-sessions": {"nodeSelector": {}}}})
    assert "nodeSelector" not in template(emptied, "CronJob", "demo-colonnade-clear-sessions")["spec"]


def test_the_database_pod_takes_what_others_take() -> None:
    found = template(render(scenario("exposed")), "StatefulSet")
    assert found["metadata"]["annotations"] == {"backup.velero.io/backup-volumes": "data"}
    assert found["metadata"]["labels"]["tier"] == "database"
    assert found["spec"]["priorityClassName"] == "important"
    container = found["spec"]["containers"][0]
    assert container["livenessProbe"]["exec"]["command"] == ["true"]
    assert container["readinessProbe"]["exec"]["command"][0] == "pg_isready"
    assert container["startupProbe"]["failureThreshold"] == 900


@pytest.mark.parametrize(
    ("values", "budget"),
    [
        ({}, False),
        ({"replicaCount": 2, **SHARED}, True),
        ({"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 10}, **SHARED}, True),
        # All pods are on one node: a drain of it would never end.
        ({"replicaCount": 2}, False),
        ({"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 1}, "replicaCount": 3}, False),
    ],
)
def test_a_budget_when_there_can_be_more_than_one_pod(values: Values, budget: bool) -> None:
    assert bool(render(values).kind("PodDisruptionBudget")) is budget


def test_own_spread_constraints_are_kept_on_many_nodes() -> None:
    own = [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}]
    shared = {"persistence": {"media": {"accessModes": ["ReadWriteMany"]}}}
    found = template(render({"topologySpreadConstraints": own, **shared}), "Deployment")["spec"]
    assert found["topologySpreadConstraints"][0]["topologyKey"] == "rack"


# --- the database's CA ---

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("external", "secret", "key"),
    [
        ({"host": "db", "sslmode": "verify-full", "sslRootCert": PEM}, "own", "pgsslrootcert"),
        ({"url": "postgres://a@db/c?sslmode=verify-full", "sslRootCert": PEM}, "own", "pgsslrootcert"),
        (
            {
                "host": "d",
                "sslmode": "verify-ca",
                "existingSecret": "mine",
                "existingSecretKeys": {"sslRootCert": "ca.crt"},
            },
            "mine",
            "ca.crt",
        ),
    ],
)
def test_the_certificate_of_the_databases_ca_is_a_file(external: Values, secret: str, key: str) -> None:
    rendered = render({"database": {"type": "external"}, "externalDatabase": external})
    assert policy.findings(rendered.objects, provided={"mine"}) == []
    for kind, name in (("Deployment", ""), ("Job", ""), ("CronJob", "demo-colonnade-poll-twitter")):
        spec = template(rendered, kind, name)["spec"]
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            assert environment(container)["PGSSLROOTCERT"] == "/run/secrets/colonnade/PGSSLROOTCERT"
        sources = next(one for one in spec["volumes"] if one["name"] == "credentials")["projected"]["sources"]
        mounted = {one["secret"]["items"][0]["path"]: one["secret"] for one in sources}["PGSSLROOTCERT"]
        own = "demo-colonnade-predeploy" if kind == "Job" else "demo-colonnade-credentials"
        assert (mounted["name"], mounted["items"][0]["key"]) == (own if secret == "own" else secret, key)


def test_the_cas_of_the_image_can_be_used() -> None:
    external = {"host": "db", "sslmode": "verify-full", "sslRootCert": "system"}
    rendered = render({"database": {"type": "external"}, "externalDatabase": external})
    assert environment(web(rendered))["PGSSLROOTCERT"] == "system"


# --- Secrets ---


def test_no_secret_is_empty() -> None:
    values = {
        "database": {"type": "external"},
        "externalDatabase": {"existingSecret": "mine", "existingSecretKeys": {"url": "url"}},
        "django": {"existingSecret": "mine"},
    }
    rendered = render(values)
    assert rendered.kind("Secret") == []
    assert policy.findings(rendered.objects, provided={"mine"}) == []
    for name in ("scaled", "external-database", "default"):
        assert all(one["data"] for one in render(scenario(name)).kind("Secret"))


# --- the Service and the routes ---


def test_a_load_balancer_has_class_and_traffic_policy() -> None:
    service = {"type": "LoadBalancer", "loadBalancerClass": "example.org/lb", "externalTrafficPolicy": "Local"}
    found = render({"service": service}).of("Service", "demo-colonnade")["spec"]
    assert found["loadBalancerClass"] == "example.org/lb"
    assert found["externalTrafficPolicy"] == "Local"


@pytest.mark.parametrize("type_", ["LoadBalancer", "NodePort"])
def test_an_exposed_service_trusts_no_visitor(type_: str) -> None:
    rendered = render({"service": {"type": type_}})
    assert environment(web(rendered))["TRUSTED_PROXIES"] == "127.0.0.0/8,::1/128"
    assert f"WARNING: service.type={type_}: no X-Forwarded-* header is trusted" in rendered.notes
    named = render({"service": {"type": type_}, "proxy": {"trustedCIDRs": ["192.0.2.0/24"]}})
    assert environment(web(named))["TRUSTED_PROXIES"] == "192.0.2.0/24"
    assert "externalTrafficPolicy=Local" in named.notes
    assert "TRUSTED_PROXIES" not in environment(web(render()))


def test_an_ingress_has_labels_and_a_class_per_site() -> None:
    sites = {
        "north": {"domain": "north.example.org", "ingress": {"className": "internal", "labels": {"team": "north"}}},
        "south": {"domain": "south.example.org"},
    }
    rendered = render({"ingress": {"enabled": True, "className": "public", "labels": {"team": "web"}}, "sites": sites})
    found = {
        name: (one["spec"]["ingressClassName"], one["metadata"]["labels"]["team"])
        for name in sites
        for one in [rendered.of("Ingress", f"demo-colonnade-site-{name}")]
    }
    assert found == {"north": ("internal", "north"), "south": ("public", "web")}


@pytest.mark.parametrize("name", ["ingress-sites", "gateway", "listenerset"])
def test_label_keys_have_a_domain(name: str) -> None:
    keys = {key for one in render(scenario(name)).objects for key in one["metadata"]["labels"]}
    assert "colonnade.github.io/site" in keys
    assert all("." in key.partition("/")[0] for key in keys if "/" in key)


# --- monitoring ---


def test_the_documented_alerts_are_the_alerts_of_the_chart() -> None:
    documented = set(
        re.findall(r"^\| `(Colonnade\w+)` \|", (REPOSITORY / "docs" / "operate.md").read_text(), re.MULTILINE)
    )
    values = {**scenario("monitoring"), "backup": {"enabled": True}, "routes": {"reconcile": {"enabled": True}}}
    rules = render(values).of("PrometheusRule")["spec"]["groups"][0]["rules"]
    assert documented == {rule["alert"] for rule in rules} - {"Mine"}


def test_the_dashboard_is_a_labelled_config_map() -> None:
    rendered = render({"metrics": {"dashboard": {"enabled": True, "annotations": {"grafana_folder": "Web"}}}})
    found = rendered.of("ConfigMap", "demo-colonnade-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "Web"}
    given = json.loads((REPOSITORY / "docs" / "dashboards" / "colonnade.json").read_text())
    assert json.loads(found["data"]["colonnade.json"]) == given
    assert not [name for kind, name in render().names() if "dashboard" in name]


# --- NOTES.txt ---


def test_the_notes_say_that_an_ingress_without_sites_routes_nothing() -> None:
    assert "ingress.enabled=true creates no route" in render({"ingress": {"enabled": True}}).notes
    gateway = {"enabled": True, "parentRefs": [{"name": "public"}]}
    assert "httpRoute.enabled=true creates no route" in render({"httpRoute": gateway}).notes
    routed: list[Any] = [
        {"ingress": {"enabled": True, "catchAll": True}},
        scenario("ingress-sites"),
        scenario("gateway"),
    ]
    assert not [one for one in routed if "creates no route" in render(one).notes]


def test_the_first_address_is_one_that_a_port_forward_serves() -> None:
    notes = render({"django": {"siteDomain": "north.example.org"}}).notes
    assert "http://localhost:8080/" in notes
    assert "kubectl -n websites port-forward service/demo-colonnade 8080:80" in notes
    assert "a site shows a welcome page; its editors sign in at /admin/." in notes


COMMANDS = (
    "README.md",
    "docs/deploy.md",
    "docs/operate.md",
    "docs/twitter.md",
    "helm/README.md.in",
    "helm/colonnade/UPGRADING.md",
)


def test_no_command_reuses_values_without_new_defaults() -> None:
    texts = {name: (REPOSITORY / name).read_text() for name in COMMANDS}
    texts["NOTES"] = render().notes + render({"ingress": {"enabled": True}}).notes
    assert "--reset-then-reuse-values" in texts["NOTES"]
    assert "--reset-then-reuse-values" in texts["helm/colonnade/UPGRADING.md"]
    for name, text in texts.items():
        for line in text.splitlines():
            assert "--reuse-values" not in line or "UPGRADING" in name, (name, line)


def test_commands_of_the_notes_can_be_pasted() -> None:
    for values in ({}, {"ingress": {"enabled": True}}, scenario("monitoring")):
        commands = [
            line.strip() for line in render(values).notes.splitlines() if re.match(r"\s*(kubectl|helm|until) ", line)
        ]
        assert commands
        for command in commands:
            assert not re.search(r"[…<]|\.\.\.", command), command
            assert " -n websites" in command or "--namespace websites" in command, command
    for name in COMMANDS:
        for line in (REPOSITORY / name).read_text().splitlines():
            assert "logs -f job/" not in line or line.strip().startswith("until "), (name, line)


# --- what one value does not undo in another ---


def test_disabled_defaults_of_cron_jobs_leave_the_backups() -> None:
    values: Values = {"backup": {"enabled": True}, "sitesExistingConfigMap": "sites"}
    names = {one["metadata"]["name"] for one in render(values).kind("CronJob")}
    off = render({**values, "cronJobDefaults": {"enabled": False}})
    assert {one["metadata"]["name"] for one in off.kind("CronJob")} == names
    assert {f"demo-colonnade-{name}" for name in ("backup", "restore", "sync-sites")} <= names


@pytest.mark.parametrize("way", ["recovery", "pg_basebackup"])
def test_a_cluster_that_is_restored_has_one_bootstrap(way: str) -> None:
    values: Values = {"database": {"type": "cnpg"}, "cnpg": {"spec": {"bootstrap": {way: {"source": "old"}}}}}
    assert render(values).of("Cluster")["spec"]["bootstrap"] == {way: {"source": "old"}}
    named = render({"database": {"type": "cnpg"}, "cnpg": {"spec": {"bootstrap": {"initdb": {"database": "a"}}}}})
    assert named.of("Cluster")["spec"]["bootstrap"] == {"initdb": {"database": "a", "owner": "colonnade"}}


@pytest.mark.parametrize("way", ["initdb", "recovery", "pg_basebackup"])
def test_the_role_of_the_pods_connects_to_the_database_of_the_cluster(way: str) -> None:
    row_security: Values = {"rowSecurity": {"enabled": True}, "type": "cnpg"}
    own: Values = {"database": row_security, "cnpg": {"spec": {"bootstrap": {way: {"database": "shop"}}}}}
    for values, name in [(own, "shop"), ({"database": row_security}, "colonnade")]:
        secret = render(values).of("Secret", "demo-colonnade-database-role")
        assert urlsplit(base64.b64decode(secret["data"]["database-url"]).decode()).path == f"/{name}"


def test_without_external_egress_the_cluster_of_the_release_is_reached() -> None:
    values: Values = {"networkPolicy": {"allowExternalEgress": False}}
    own = {"podSelector": {"matchLabels": {"cnpg.io/cluster": "demo-colonnade-db"}}}
    with_cnpg = render({**values, "database": {"type": "cnpg"}}).of("NetworkPolicy", "demo-colonnade-egress")
    assert own in with_cnpg["spec"]["egress"][1]["to"]
    assert own not in render(values).of("NetworkPolicy", "demo-colonnade-egress")["spec"]["egress"][1]["to"]


def test_pods_of_tests_run_where_the_others_do() -> None:
    place: Values = {
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "web"}],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
        "dnsConfig": {"nameservers": ["192.0.2.1"]},
        "dnsPolicy": "None",
        "hostAliases": [{"ip": "192.0.2.2", "hostnames": ["a.test"]}],
    }
    for pod in render(place).kind("Pod"):
        assert {key: pod["spec"].get(key) for key in place} == place, pod["metadata"]["name"]


@pytest.mark.parametrize("release", ["demo", "r" * 37, "r" * 53])
@pytest.mark.parametrize("database", [{}, EXTERNAL])
def test_the_alert_knows_the_release_job_by_its_name(release: str, database: Values) -> None:
    rendered = render({**database, "metrics": {"prometheusRule": {"enabled": True}}}, release=release)
    rules = rendered.of("PrometheusRule")["spec"]["groups"][0]["rules"]
    expression = next(one["expr"] for one in rules if one["alert"] == "ColonnadeMigrationsPending")
    found = re.search(r'job_name=~"([^"]+)"', expression)
    assert found
    name = rendered.of("Job")["metadata"]["name"]
    assert re.fullmatch(found[1], name)
    assert len(name) <= 63


def test_own_variables_with_and_without_file_are_two() -> None:
    extra = [{"name": "FOO", "value": "a"}, {"name": "FOO_FILE", "value": "/b"}]
    found = environment(web(render({"extraEnv": extra})))
    assert (found["FOO"], found["FOO_FILE"]) == ("a", "/b")


def test_the_folders_of_the_database_pod_are_bounded() -> None:
    volumes = template(render(), "StatefulSet")["spec"]["volumes"]
    assert all(one["emptyDir"]["sizeLimit"] for one in volumes if "emptyDir" in one)
