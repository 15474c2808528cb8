"""Stores the statuses of routes and the last pass, and gives them to the admin, `sites check` and the metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta

from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from app.routes.models import RoutePass, RouteStatus
from app.routes.reconcile import Result
from app.routes.status import Status
from app.tenancy.sites.reachability.report import State, Step

FIELDS = ("accepted", "resolved", "certificate_ready", "certificate_until", "message")
RECORD_SECONDS = 30.0
SILENT = timedelta(minutes=10)
ROWS_PER_STATEMENT = 500
METRICS = {
    "wanted": "Route objects of sites that are not declared.",
    "present": "Those of them that are in the cluster.",
    "faults": "Route objects that could not be written.",
    "refused_removals": "Sites whose routes were not removed, because they were too many at a time.",
}


class Records:
    """Writes only what has changed since the last call."""

    def __init__(self) -> None:
        self._stored: dict[int, Status] | None = None

    def forget(self) -> None:
        """Another process may have written since."""
        self._stored = None

    def save(self, statuses: Mapping[int, Status]) -> None:
        if self._stored is None:
            rows = RouteStatus.objects.values("site_id", *FIELDS)
            self._stored = {row.pop("site_id"): Status(**row) for row in rows}
        stored, now = self._stored, timezone.now()
        changed = [
            RouteStatus(site_id=site_id, changed_at=now, **asdict(status))
            for site_id, status in statuses.items()
            if stored.get(site_id) != status
        ]
        gone = stored.keys() - statuses.keys()
        self._stored = None  # a fault on the way: read again
        RouteStatus.objects.bulk_create(
            changed, ROWS_PER_STATEMENT, update_conflicts=True, unique_fields=["site_id"],
            update_fields=[*FIELDS, "changed_at"],
        )  # fmt: skip
        if gone:
            RouteStatus.objects.filter(site_id__in=gone).delete()
        self._stored = dict(statuses)

    @staticmethod
    def save_pass(result: Result) -> None:
        RoutePass.objects.update_or_create(pk=1, defaults={"finished_at": timezone.now(), **result.numbers})


def route_steps(site_ids: Collection[int]) -> dict[int, Step]:
    """The route of each of these sites, as a step of a check; nothing for a site whose route nobody keeps."""
    found = {row.site_id: _step(row) for row in RouteStatus.objects.filter(site_id__in=site_ids)}
    last = RoutePass.objects.filter(pk=1).values_list("finished_at", flat=True).first() if found else None
    if found and (last is None or timezone.now() - last > SILENT):
        since = f" Not looked at since {last:%Y-%m-%d %H:%M} UTC: is reconcile_routes running?" if last else ""
        return {
            site_id: Step(State.NOTE if step.state is State.OK else step.state, step.text + since)
            for site_id, step in found.items()
        }
    return found


def _step(row: RouteStatus) -> Step:
    state = State.OK
    if False in {row.accepted, row.resolved, row.certificate_ready}:
        state = State.FAULT
    elif row.accepted is None or row.message:
        state = State.NOTE
    said = {True: "accepted", False: "not accepted", None: "not accepted yet"}[row.accepted]
    if row.resolved is False:
        said += ", its Service is not found"
    if row.certificate_until is not None:
        said += f", certificate until {row.certificate_until:%Y-%m-%d}"
    elif row.certificate_ready is not None:
        said += ", no certificate yet"
    return Step(state, f"{said}. {row.message}" if row.message else said)


def collect_metrics() -> Iterable[Metric]:
    """The command runs in a pod of its own; the web process that is scraped reads its outcome from the database."""
    last = RoutePass.objects.filter(pk=1).first()
    is_current = last is not None and timezone.now() - last.finished_at <= SILENT
    for name, text in METRICS.items():
        # Without a value where the command does not run: zero would mean that it fails.
        yield GaugeMetricFamily(f"colonnade_routes_{name}", text, value=getattr(last, name) if is_current else None)
    yield GaugeMetricFamily(
        "colonnade_routes_success_timestamp_seconds",
        "When the last complete pass ended.",
        value=last.finished_at.timestamp() if last else None,
    )
