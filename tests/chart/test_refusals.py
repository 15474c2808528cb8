"""Values that cannot work are refused before anything changes, with a message that says what to set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.rendering import Refused, Values, render

SITE = {"domain": "north.example.org"}
EXTERNAL = {"type": "external"}
ROUTES: Values = {"routes": {"reconcile": {"enabled": True}}}
ISSUED: Values = {"ingress": {"enabled": True}, "tls": {"mode": "perSite", "clusterIssuer": "c"}}

LOGIN = "https://login.example.org"
IMPOSSIBLE: list[tuple[Values, str]] = [
    ({"database": {"type": "sqlite"}, "replicaCount": 2}, "replicaCount=1"),
    ({"database": {"type": "sqlite"}, "autoscaling": {"enabled": True}}, "autoscaling.enabled=false"),
    ({"database": {"type": "sqlite"}, "release": {"mode": "hook"}}, "release.mode=auto"),
    ({"database": {"type": "sqlite"}, "persistence": {"data": {"accessModes": ["ReadWriteOncePod"]}}}, "ReadWriteOnce"),
    ({"database": {"type": "sqlite"}, "externalDatabase": {"host": "db"}}, "database.type=external"),
    ({"externalDatabase": {"existingSecret": "db"}}, "database.type=external"),
    ({"database": EXTERNAL}, "set externalDatabase.url"),
    ({"database": EXTERNAL, "externalDatabase": {"existingSecret": "db"}}, "existingSecretKeys.url"),
    ({"database": EXTERNAL, "externalDatabase": {"url": "postgres://a@b/c", "host": "b"}}, "complete URL"),
    ({"database": {"type": "cnpg"}, "cnpg": {"create": False}}, "cnpg.clusterName"),
    ({"release": {"mode": "hook"}}, "release.mode=job"),
    (
        {"backup": {"enabled": True}, "persistence": {"media": {"accessModes": ["ReadWriteOncePod"]}}},
        "reads media while",
    ),
    ({"backup": {"enabled": True}, "persistence": {"media": {"enabled": False}}}, "no backup would have them"),
    ({"backup": {"enabled": True}, "cronJobs": {"backup": {"args": ["poll"], "schedule": "@daily"}}}, "another name"),
    ({"backup": {"enabled": True, "url": "s3://h/b", "persistence": {"existingClaim": "a"}}}, "not both"),
    ({"backup": {"enabled": True, "url": "s3://h/b", "existingSecret": "a"}}, "Set backup.url or"),
    ({"backup": {"url": "s3://h/b"}}, "backup.enabled is false"),
    ({"themes": ["portico"], "sites": {"north": {**SITE, "theme": "night"}}}, "Must be one of portico"),
    ({"database": {"type": "cnpg"}, "release": {"mode": "hook"}}, "release.mode=job"),
    ({"persistence": {"media": {"accessModes": ["ReadWriteOncePod"]}}, "replicaCount": 2}, "ReadWriteMany"),
    ({"django": {"secretKey": "a", "existingSecret": "b"}}, "Set django.secretKey or django.existingSecret"),
    ({"twitter": {"bearerToken": "a", "existingSecret": "b"}}, "Set twitter.bearerToken or"),
    ({"postgresql": {"auth": {"password": "a", "existingSecret": "b"}}}, "Set postgresql.auth.password or"),
    ({"superuser": {"create": True}}, "superuser.password"),
    ({"oidc": {"url": LOGIN}}, "set oidc.clientId"),
    ({"oidc": {"url": LOGIN, "clientId": "a"}}, "oidc.clientSecret or oidc.existingSecret"),
    ({"oidc": {"url": LOGIN, "clientId": "a", "clientSecret": "b", "existingSecret": "c"}}, "Set oidc.clientSecret or"),
    ({"oidc": {"url": LOGIN, "clientId": "a", "clientSecret": "b", "createUsers": True}}, "set oidc.rolesClaim"),
    ({"oidc": {"clientId": "a"}}, "not oidc.url"),
    ({"oidc": {"passwordSignIn": False}}, "not oidc.url"),
    ({"sites": {"a": SITE, "b": SITE}}, 'belongs to both "a" and "b"'),
    ({"sites": {"a": SITE, "b": {"domain": "b.example.org", "aliases": ["north.example.org"]}}}, "only one site"),
    ({"sites": {"a": {**SITE, "aliases": [{"host": "north.example.org"}]}}}, "only one site"),
    ({"sites": [{"key": "a", **SITE}, {"key": "a", "domain": "b.example.org"}]}, "duplicate key"),
    (
        {"sites": {"a": {**SITE, "default": True}, "b": {"domain": "b.example.org", "default": True}}},
        "Only one site can be",
    ),
    ({"sites": {"a": SITE}, "sitesExistingConfigMap": "more"}, "not both"),
    (
        {"sites": {"a": SITE}, "ingress": {"enabled": True, "hosts": [{"host": SITE["domain"]}]}},
        "already belongs to the site",
    ),
    (
        {
            "sites": {"a": SITE},
            "httpRoute": {"enabled": True, "parentRefs": [{"name": "p"}], "hostnames": [SITE["domain"]]},
        },
        "already belongs to the site",
    ),
    ({"tls": {"mode": "perSite"}}, "tls.clusterIssuer"),
    ({"tls": {"mode": "perSite", "clusterIssuer": "a", "issuer": "b"}}, "not both"),
    ({"tls": {"mode": "wildcard"}}, "tls.secretName"),
    ({"tls": {"mode": "existing"}, "sites": {"a": SITE}}, "sites.a.tls.secretName"),
    (
        {
            "tls": {"mode": "perSite", "clusterIssuer": "c"},
            "sites": {"a": {**SITE, "aliases": ["*.north.example.org"]}},
        },
        "tls.dns01=true",
    ),
    ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs"),
    (
        {"httpRoute": {"enabled": True, "parentRefs": [{"name": "p"}], "redirect": {"enabled": True}}},
        "redirect.parentRefs",
    ),
    (ROUTES, "there is no kind of route to create"),
    ({**ROUTES, "ingress": {"enabled": True, "catchAll": True}}, "the route for all hosts leads to every site already"),
    ({**ROUTES, "ingress": {"enabled": True}, "database": {"type": "sqlite"}}, "Set another database.type"),
    ({**ROUTES, "ingress": {"enabled": True}, "tls": {"mode": "existing"}}, "has no Secret of its own"),
    ({"listenerSet": {"enabled": True, "parentRef": {"name": "p"}}}, "httpRoute.enabled=true"),
    ({"listenerSet": {"enabled": True, "parentRef": {"name": "p"}}, "httpRoute": {"enabled": True}}, "Set tls.mode"),
    (
        {
            "listenerSet": {"enabled": True, "parentRef": {"name": "p"}},
            "httpRoute": {"enabled": True},
            "tls": {"mode": "wildcard", "secretName": "w"},
            "sites": {"a": {**SITE, "aliases": [f"a{n}.example.org" for n in range(64)]}},
        },
        "at most 64 hosts",
    ),
    ({"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 4}}, "greater than maxReplicas"),
    # what is set but not used
    ({"tls": {"clusterIssuer": "c"}}, 'tls.clusterIssuer is set, but tls.mode is "none"'),
    ({"tls": {"issuer": "c", "mode": "edge"}}, "Set tls.mode=perSite"),
    ({"tls": {"dns01": True}}, "tls.dns01 is set"),
    ({"tls": {"secretName": "w"}}, "Set tls.mode=wildcard"),
    ({"sites": {"a": {**SITE, "tls": {"secretName": "s"}}}}, "sites.a.tls.secretName is not used with tls.mode=none"),
    ({"sites": {"a": {**SITE, "tls": {"secretName": "s"}}}, "tls": {"mode": "edge"}}, "Set tls.mode=existing"),
    (
        {**ISSUED, "sites": {"a": {**SITE, "tls": {"secretName": "s", "enabled": False}}}},
        "sites.a.tls.secretName is not used",
    ),
    ({"sites": {"a": {**SITE, "tls": {"enabled": True}}}}, "sites.a.tls.enabled=true is not used"),
    ({"postgresql": {"auth": {"password": "a"}}, "database": {"type": "sqlite"}}, "postgresql.auth is set"),
    ({"cnpg": {"clusterName": "a"}}, "cnpg.clusterName is set"),
    ({"superuser": {"password": "a"}}, "superuser.create=true"),
    ({"externalDatabase": {"sslRootCert": "system"}}, "externalDatabase is set"),
    ({"ingress": {"hosts": [{"host": "a.example.org"}]}}, "ingress.hosts is set, but ingress.enabled is false"),
    ({"ingress": {"tls": [{"secretName": "a"}]}}, "ingress.tls is set, but ingress.enabled is false"),
    ({"ingress": {"catchAll": True}}, "ingress.catchAll is set, but ingress.enabled is false"),
    ({"httpRoute": {"catchAll": True}}, "httpRoute.catchAll is set, but httpRoute.enabled is false"),
    ({"httpRoute": {"redirect": {"enabled": True}}}, "set httpRoute.enabled=true"),
    ({"metrics": {"enabled": False, "serviceMonitor": {"enabled": True}}}, "metrics.serviceMonitor.enabled=true"),
    ({"metrics": {"enabled": False, "prometheusRule": {"enabled": True}}}, "metrics.prometheusRule.enabled=true"),
    ({"metrics": {"enabled": False, "dashboard": {"enabled": True}}}, "Set metrics.enabled=true"),
    ({"enabled": False}, "only a parent chart"),
    # TLS that reaches no route
    ({"ingress": {"enabled": True, "tls": [{"secretName": "a"}]}}, "neither is set. For the sites, set tls.mode"),
    (
        {
            "ingress": {"enabled": True, "hosts": [{"host": "b.example.org"}], "tls": [{"hosts": [SITE["domain"]]}]},
            "sites": {"a": SITE},
        },
        'ingress.tls: "north.example.org" belongs to the site "a"',
    ),
    (
        {"ingress": {"enabled": True, "catchAll": True, "tls": [{"secretName": "a"}]}, "sites": {"a": SITE}},
        "the declared sites have no TLS",
    ),
    ({"ingress": {"enabled": True, "catchAll": True}, "tls": ISSUED["tls"]}, "the other hosts have no certificate"),
    ({"tls": {"mode": "existing"}}, "the chart creates no route"),
    ({"tls": {"mode": "perSite", "issuer": "c"}}, "tls.mode=edge if something else terminates TLS"),
    (
        {
            "httpRoute": {"enabled": True},
            "listenerSet": {"enabled": True, "parentRef": {"name": "p"}},
            "tls": ISSUED["tls"],
            "sites": {"a": {**SITE, "tls": {"enabled": False}}},
        },
        "its route needs an HTTP listener",
    ),
    # a database's CA
    (
        {"database": EXTERNAL, "externalDatabase": {"host": "db", "sslmode": "verify-full"}},
        "externalDatabase.sslmode=verify-full: set externalDatabase.sslRootCert",
    ),
    (
        {"database": EXTERNAL, "externalDatabase": {"host": "db", "sslmode": "verify-ca", "sslRootCert": "system"}},
        "sslmode=verify-full",
    ),
    # pods
    ({"lifecycle": {"preStop": {"sleep": {"seconds": 60}}}}, "Set at least 86"),
    ({"terminationGracePeriodSeconds": 31, "lifecycle": {"preStop": {"sleep": {"seconds": 6}}}}, "Set at least 32"),
    ({"podDisruptionBudget": {"create": True}, "replicaCount": 2}, "would never end"),
    (
        {
            "cronJobDefaults": {"restartPolicy": "OnFailure"},
            "cronJobs": {"poll-twitter": {"podFailurePolicy": {"rules": []}}},
        },
        "requires restartPolicy=Never",
    ),
    ({"podDisruptionBudget": {"maxUnavailable": None}}, "set minAvailable or maxUnavailable"),
    (
        {
            "replicaCount": 2,
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}],
        },
        "topologySpreadConstraints: a ReadWriteOnce volume keeps all web pods on one node",
    ),
    # the Service
    ({"service": {"nodePort": 30080}}, "service.nodePort"),
    ({"service": {"externalTrafficPolicy": "Local"}}, "service.externalTrafficPolicy"),
    ({"service": {"type": "NodePort", "loadBalancerClass": "a"}}, "service.loadBalancerClass"),
    (
        {"service": {"type": "NodePort", "loadBalancerSourceRanges": ["192.0.2.0/24"]}},
        "service.loadBalancerSourceRanges",
    ),
    ({"service": {"type": "LoadBalancer"}, "tls": {"mode": "edge"}}, "set proxy.trustedCIDRs"),
    ({"service": {"type": "NodePort"}, "ingress": {"enabled": True}}, "set proxy.trustedCIDRs"),
    ({"cronJobs": {"mine": {"schedule": "@daily"}}}, "set args"),
    ({"cronJobs": {"mine": {"args": ["manage", "x"]}}}, "set schedule"),
    ({"cronJobs": {"poll-twitter": {"restartPolicy": "OnFailure"}}}, "requires restartPolicy=Never"),
    (
        {"cronJobs": {"sync-sites": {"args": ["x"], "schedule": "@daily"}}, "sitesExistingConfigMap": "s"},
        "Use another name",
    ),
]

MALFORMED: list[tuple[Values, str]] = [
    ({"replicas": 2}, "replicas"),
    ({"image": {"tags": "1"}}, "tags"),
    ({"django": {"hosts": []}}, "hosts"),
    ({"sites": {"a": {**SITE, "alias": []}}}, "sites"),
    ({"sites": {"a": {"domain": "North.example.org"}}}, "North.example.org"),
    ({"sites": {"a": {"domain": "north_east.example.org"}}}, "north_east"),
    ({"sites": {"a": {"domain": "north.example.org:8080"}}}, "8080"),
    ({"sites": {"a": {"domain": "*.example.org"}}}, "example.org"),
    ({"sites": {"a": {"domain": "-north.example.org"}}}, "north"),
    ({"sites": {"a": {"domain": "a" * 64 + ".example.org"}}}, "aaaa"),
    ({"sites": {"a": {"domain": "bücher.example"}}}, "cher.example"),
    ({"sites": {"a": {**SITE, "aliases": ["Www.example.org"]}}}, "Www.example.org"),
    ({"sites": {"a": {**SITE, "aliases": ["*"]}}}, "sites"),
    ({"sites": {"A b": SITE}}, "A b"),
    ({"sites": {"a": {"name": "No domain"}}}, "domain"),
    ({"sites": [SITE]}, "key"),
    ({"sites": {"a": {**SITE, "state": "closed"}}}, "sites/a/state"),
    ({"tls": {"mode": "acme"}}, "mode"),
    ({"database": {"type": "mysql"}}, "type"),
    ({"service": {"port": "http"}}, "port"),
    ({"cronJobs": {"poll-twitter": {"schedule": "TZ=Europe/Berlin */5 * * * *"}}}, "schedule"),
    ({"cronJobs": {"poll-twitter": {"startingDeadlineSeconds": 5}}}, "startingDeadlineSeconds"),
    ({"cronJobs": {"poll-twitter": {"every": 5}}}, "every"),
    ({"cronJobs": {"Poll": {"args": ["x"], "schedule": "@daily"}}}, "Poll"),
    ({"terminationGracePeriodSeconds": 10}, "terminationGracePeriodSeconds"),
    ({"image": {"digest": "abc"}}, "digest"),
    ({"django": {"allowedHosts": ["*"]}}, "allowedHosts"),
    ({"django": {"adminHosts": ["*"]}}, "adminHosts"),
    ({"postgresql": {"persistence": {"size": "20GB"}}}, "postgresql/persistence/size"),
    ({"persistence": {"media": {"size": "10Gi "}}}, "persistence/media/size"),
    ({"scratch": {"tmp": "1 Gi"}}, "scratch/tmp"),
]


@pytest.mark.parametrize(("values", "message"), IMPOSSIBLE)
def test_an_impossible_combination_is_refused(values: Values, message: str) -> None:
    with pytest.raises(Refused) as refused:
        render(values)
    assert message in str(refused.value)
    assert "schema" not in str(refused.value), "the schema must leave this to the message"


@pytest.mark.parametrize(("values", "place"), MALFORMED)
def test_the_schema_refuses(values: Values, place: str) -> None:
    with pytest.raises(Refused) as refused:
        render(values)
    assert place in str(refused.value)


@pytest.mark.parametrize("tag", [1, "1", 20260101, 1.5, "1.10"])
def test_a_tag_may_be_a_number(tag: Any) -> None:
    image = render({"image": {"tag": tag}}).of("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"ghcr.io/colonnade/colonnade:{tag}"
