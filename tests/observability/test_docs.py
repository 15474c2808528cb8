"""docs/operate.md and the dashboard agree with the code: no metric is missing, none is invented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from app.observability import metrics

# Some metrics are read from the database.
pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNBOOK = (DOCS / "operate.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((DOCS / "dashboards/colonnade.json").read_text(encoding="utf-8"))
NAME = re.compile(r"colonnade_[a-z_]+")


def exported() -> dict[str, str]:
    """Every metric as it is scraped, and its type."""
    found = {}
    on_demand = [metric for collector in metrics.collectors() for metric in collector.source()]
    for metric in [*REGISTRY.collect(), *on_demand]:
        if metric.name.startswith("colonnade_"):
            found[metric.name + ("_total" if metric.type == "counter" else "")] = metric.type
    return found


def documented() -> dict[str, list[str]]:
    """The table of metrics: name, and the row's other columns."""
    rows = [row.strip("|").split("|") for row in RUNBOOK.splitlines() if row.startswith("| `colonnade_")]
    return {NAME.findall(row[0])[0]: [cell.strip() for cell in row] for row in rows}


def expressions() -> list[str]:
    queries = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return queries + re.findall(r"`([^`]*colonnade_[^`]*)`", RUNBOOK)


def test_every_metric_is_documented_with_its_type() -> None:
    assert {name: row[1] for name, row in documented().items()} == exported()


@pytest.mark.parametrize("name", sorted(documented()))
def test_every_metric_has_a_runbook_entry(name: str) -> None:
    anchor = documented()[name][3].split("(#")[1].rstrip(")")
    headings = {line.lstrip("# ").lower() for line in RUNBOOK.splitlines() if line.startswith("### ")}
    assert anchor in headings


def test_every_link_within_the_page_works() -> None:
    headings = {line.lstrip("# ").lower() for line in RUNBOOK.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", RUNBOOK)) <= headings


@pytest.mark.parametrize("expression", expressions())
def test_no_query_names_an_unknown_metric(expression: str) -> None:
    parts = [NAME.findall(part) for part in expression.split() if "colonnade_" in part]
    for name in (name for names in parts for name in names):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert {name, base} & set(exported()), name


def test_every_metric_is_on_the_dashboard() -> None:
    drawn = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    assert set(exported()) <= {re.sub(r"_(bucket|sum|count)$", "", name) for name in NAME.findall(drawn)}
