"""Every variable that the chart sets is used, and every setting can be set by a value."""

from __future__ import annotations

import re

from tests.chart.rendering import REPOSITORY, SCENARIOS, Values, containers, environment, pod_spec, render, scenario

SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (REPOSITORY / "app" / "settings.py").read_text()))
# Not in app/settings.py: gunicorn's address, what docker/entrypoint's `release` and `wait` need, libpq's password.
OTHERS = {
    "BIND",
    "DATABASE_WAIT_SECONDS",
    "SITES_FILE",
    "PGPASSWORD",
    "DJANGO_SUPERUSER_USERNAME",
    "DJANGO_SUPERUSER_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD",
    "PGSSLROOTCERT",
    # extraEnv of the scenarios
    "LIMIT",
    "ENABLED",
}
# The chart archives rows in a separate job, after the routes are removed.
LEFT_OUT = {"SITES_PRUNE"}
EVERYTHING: Values = {
    "django": {
        "mezzanineSiteId": 1,
        "secretKeyFallbacks": ["old"],
        "adminHosts": ["admin.example.org"],
        "analyticsHosts": ["stats.example.org"],
        "dnsServers": ["10.0.0.2"],
        "unknownHost": {"title": "Nothing here", "text": "Call us."},
    },
    "proxy": {"trustedCIDRs": ["10.0.0.0/8"]},
    "apps": ["events"],
    "themesDirs": ["/srv/themes"],
    "cache": {"url": "redis://cache"},
    "database": {"rowSecurity": {"enabled": True}},
    "email": {"url": "smtp://mail"},
    "storage": {"url": "s3://k:s@h/b"},
    "backup": {"enabled": True, "url": "s3://k:s@h/b/p"},
    "sentry": {"dsn": "https://k@s.example/1"},
    "twitter": {"bearerToken": "t"},
    "health": {"token": "h"},
    "oidc": {"url": "https://login.example.org", "clientId": "c", "clientSecret": "s"},
    "superuser": {"create": True, "password": "p"},
    "sites": {"north": {"domain": "north.example.org", "tls": {"enabled": False}}},
    "tls": {"mode": "edge"},
}


def variables(values: Values) -> set[str]:
    specs = [spec for one in render(values).objects if one["kind"] != "StatefulSet" and (spec := pod_spec(one))]
    own = [c for spec in specs for c in containers(spec) if c["name"] not in {"test", "logs", "themes"}]
    # SITES_FILE is the name of a setting, not the file of a credential.
    return {name if name == "SITES_FILE" else name.removesuffix("_FILE") for one in own for name in environment(one)}


def test_every_setting_has_a_value() -> None:
    assert SETTINGS
    assert SETTINGS - LEFT_OUT - variables(EVERYTHING) == set()


def test_every_variable_is_read() -> None:
    set_by_chart = set().union(*(variables(scenario(name)) for name in SCENARIOS), variables(EVERYTHING))
    assert set_by_chart - SETTINGS - OTHERS == set()


def test_variables_that_are_no_settings_are_read_elsewhere() -> None:
    for name in ("BIND", "DATABASE_WAIT_SECONDS", "SITES_FILE"):
        places = [*(REPOSITORY / "docker").glob("*"), *(REPOSITORY / "app").rglob("*.py")]
        readers = [path for path in places if path.is_file() and name in path.read_text()]
        assert readers or not (REPOSITORY / "docker" / "entrypoint").exists(), name


def test_alerts_use_metrics_that_the_application_has() -> None:
    rules = render(scenario("monitoring")).of("PrometheusRule")["spec"]["groups"][0]["rules"]
    used = set(re.findall(r"\bcolonnade_[a-z_]+", " ".join(str(one["expr"]) for one in rules)))
    given = " ".join(path.read_text() for path in (REPOSITORY / "app" / "observability").rglob("*.py"))
    assert used
    families = {re.sub("_(total|bucket)$", "", name) for name in used}
    assert {name for name in families if f'"{name}"' not in given} == set()
