"""The alerts of the chart, evaluated by Prometheus's own promtool: when each one fires, and that it then stops."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import REPOSITORY, Object, render, scenario
from tests.support.programs import program

pytestmark = pytest.mark.service("promtool")
# The scenario has a NodePort, so the port of metrics has a Service of its own.
HERE = 'namespace="websites",service="demo-colonnade-metrics"'
POLL = 'namespace="websites",cronjob="demo-colonnade-poll-twitter"'
BACKUP = 'namespace="websites",cronjob="demo-colonnade-backup"'
RELEASE = 'namespace="websites",job_name="demo-colonnade-release'
HOUR = 60
CERTIFICATE = "certmanager_certificate_expiration_timestamp_seconds"
#: Per alert: series that fire it, and series that do not, with a sample a minute; minutes until it is looked at.
#: The clock of a test begins at 0, so a time in the past is below zero.
CASES: dict[str, tuple[dict[str, str], dict[str, str], int]] = {
    "ColonnadePodNotReady": (
        {'kube_deployment_status_replicas_unavailable{namespace="websites",deployment="demo-colonnade"}': "1x60"},
        {'kube_deployment_status_replicas_unavailable{namespace="websites",deployment="demo-colonnade"}': "1x5 0x55"},
        HOUR,
    ),
    "ColonnadeMigrationsPending": (
        # The last job failed; the one before did not.
        {
            f'kube_job_status_failed{{{RELEASE}-3"}}': "1x60",
            f'kube_job_status_start_time{{{RELEASE}-3"}}': "50x60",
            f'kube_job_status_succeeded{{{RELEASE}-2"}}': "1x60",
            f'kube_job_status_start_time{{{RELEASE}-2"}}': "20x60",
        },
        # A job succeeded after one of its pods had failed, and after a job that failed.
        {
            'kube_job_status_failed{namespace="websites",job_name="demo-colonnade-poll-twitter-3"}': "1x60",
            f'kube_job_status_failed{{{RELEASE}-3"}}': "1x60",
            f'kube_job_status_start_time{{{RELEASE}-3"}}': "50x60",
            f'kube_job_status_failed{{{RELEASE}-4"}}': "1x60",
            f'kube_job_status_succeeded{{{RELEASE}-4"}}': "1x60",
            f'kube_job_status_start_time{{{RELEASE}-4"}}': "70x60",
        },
        HOUR,
    ),
    "ColonnadePollStale": (
        {f"kube_cronjob_created{{{POLL}}}": "-7200x60"},
        {
            f"kube_cronjob_created{{{POLL}}}": "-7200x60",
            f"kube_cronjob_status_last_successful_time{{{POLL}}}": "3000x60",
        },
        HOUR,
    ),
    "ColonnadeBackupStale": (
        # The pods have not been scraped for an hour, and the last value was too old.
        {f'colonnade_backup_success_timestamp_seconds{{{HERE},pod="a"}}': "-200000x10"},
        {
            f'colonnade_backup_success_timestamp_seconds{{{HERE},pod="a"}}': "-200000x60",
            f'colonnade_backup_success_timestamp_seconds{{{HERE},pod="b"}}': "-100000x60",
            f"kube_cronjob_created{{{BACKUP}}}": "-900000x60",
        },
        HOUR,
    ),
    "ColonnadeSiteErrors": (
        {
            f'colonnade_requests_total{{{HERE},site="1",status="200"}}': "0+60x60",
            f'colonnade_requests_total{{{HERE},site="1",status="500"}}': "0+60x60",
        },
        # A suspended site answers 503 on purpose.
        {
            f'colonnade_requests_total{{{HERE},site="1",status="200"}}': "0+60x60",
            f'colonnade_requests_total{{{HERE},site="1",status="503"}}': "0+60x60",
        },
        HOUR,
    ),
    "ColonnadeErrors": (
        {
            f'colonnade_requests_total{{{HERE},site="1",status="200"}}': "0+60x60",
            f'colonnade_requests_total{{{HERE},site="none",status="503"}}': "0+60x60",
        },
        {
            f'colonnade_requests_total{{{HERE},site="1",status="200"}}': "0+60x60",
            f'colonnade_requests_total{{{HERE},site="1",status="404"}}': "0+60x60",
        },
        HOUR,
    ),
    "ColonnadeDirectoryBehind": (
        {f'colonnade_directory_checked_timestamp_seconds{{{HERE},pod="a"}}': "0x60"},
        {f'colonnade_directory_checked_timestamp_seconds{{{HERE},pod="a"}}': "0+60x60"},
        HOUR,
    ),
    "ColonnadeDirectoryUnreadable": (
        {f'colonnade_directory_faults_total{{{HERE},pod="a"}}': "0+6x60"},
        {f'colonnade_directory_faults_total{{{HERE},pod="a"}}': "0x20 1x40"},
        HOUR,
    ),
    "ColonnadeSlow": (
        {
            f'colonnade_request_seconds_bucket{{{HERE},le="2.5"}}': "0+1x60",
            f'colonnade_request_seconds_bucket{{{HERE},le="10"}}': "0+60x60",
            f'colonnade_request_seconds_bucket{{{HERE},le="+Inf"}}': "0+60x60",
        },
        {
            f'colonnade_request_seconds_bucket{{{HERE},le="0.5"}}': "0+60x60",
            f'colonnade_request_seconds_bucket{{{HERE},le="+Inf"}}': "0+60x60",
        },
        HOUR,
    ),
    "ColonnadeRoutesStale": (
        {f'colonnade_routes_success_timestamp_seconds{{{HERE},pod="a"}}': "0x60"},
        {f'colonnade_routes_success_timestamp_seconds{{{HERE},pod="a"}}': "0+60x60"},
        HOUR,
    ),
    "ColonnadeRoutesFail": (
        {f'colonnade_routes_faults{{{HERE},pod="a"}}': "2x60"},
        {f'colonnade_routes_faults{{{HERE},pod="a"}}': "2x40 0x20"},
        HOUR,
    ),
    "ColonnadeRoutesNotRemoved": (
        {f'colonnade_routes_refused_removals{{{HERE},pod="a"}}': "300x60"},
        {f'colonnade_routes_refused_removals{{{HERE},pod="a"}}': "0x60"},
        HOUR,
    ),
    "ColonnadeCertificateExpires": (
        {f'{CERTIFICATE}{{exported_namespace="websites",name="north"}}': "90000x90"},
        {f'{CERTIFICATE}{{exported_namespace="other",name="north"}}': "90000x90"},
        90,
    ),
}


def groups() -> list[Object]:
    values = {**scenario("monitoring"), "backup": {"enabled": True}, "routes": {"reconcile": {"enabled": True}}}
    return list(render(values).of("PrometheusRule")["spec"]["groups"])


def promtool(*arguments: str, folder: Path) -> str:
    """What it says; empty, when all is well."""
    command = [program("promtool") or "", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "silent"])
@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_is_due_and_only_then(alert: str, fires: bool, tmp_path: Path) -> None:
    due, silent, minutes = CASES[alert]
    series = [{"series": name, "values": values} for name, values in (due if fires else silent).items()]
    query = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    found = [{"labels": "{}", "value": 1}] if fires else []
    looks = [{"expr": query, "eval_time": f"{minutes}m", "exp_samples": found}]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": looks}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups()}))
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    assert promtool("test", "rules", "tests.yaml", folder=tmp_path) == ""


def test_a_reconciler_that_never_completed_a_pass_is_reported(tmp_path: Path) -> None:
    checked = f'colonnade_directory_checked_timestamp_seconds{{{HERE},pod="a"}}'
    looks = [
        {
            "expr": 'count(ALERTS{alertname="ColonnadeRoutesStale",alertstate="firing"})',
            "eval_time": "30m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
    ]
    series = [{"series": checked, "values": "0+60x60"}]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": looks}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups()}))
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    assert promtool("test", "rules", "tests.yaml", folder=tmp_path) == ""


def test_every_alert_of_the_chart_is_tried() -> None:
    assert {rule["alert"] for group in groups() for rule in group["rules"]} - {"Mine"} == set(CASES)


def test_every_query_of_the_dashboard_and_of_the_guide_can_be_read(tmp_path: Path) -> None:
    dashboard = (REPOSITORY / "docs" / "dashboards" / "colonnade.json").read_text()
    queries = re.findall(r'"expr": ("(?:[^"\\]|\\.)*")', dashboard)
    assert len(queries) > 10
    read = [json.loads(query).replace("$__rate_interval", "5m") for query in queries]
    read = [re.sub(r"\$\{?\w+\}?", "x", query) for query in read]
    guide = (REPOSITORY / "docs" / "operate.md").read_text()
    read += [query for query in re.findall(r"`([^`]*colonnade_\w+[^`]*)`", guide) if re.search(r"[\[(]", query)]
    rules = [{"record": "x", "expr": query, "labels": {"number": str(n)}} for n, query in enumerate(read)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))
    assert promtool("check", "rules", "rules.yaml", folder=tmp_path) == ""
