"""Where the state of a route is shown: the admin, `sites check`, `sites show`, and the metrics."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.routes.models import RoutePass, RouteStatus
from app.routes.record import collect_metrics
from app.routes.status import Status, status_of
from tests.routes.stand_in import Object
from tests.support.commands import call
from tests.support.makers import Browser

UNTIL = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture
def at_north(north: Site, root: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(root)
    return browser


@pytest.fixture
def kept(north: Site, south: Site) -> None:
    now = timezone.now()
    RoutePass.objects.create(pk=1, finished_at=now, wanted=3, present=2, faults=1)
    RouteStatus.objects.create(site_id=north.pk, accepted=True, certificate_until=UNTIL, changed_at=now)
    RouteStatus.objects.create(site_id=south.pk, accepted=False, message="<b>no Gateway</b>", changed_at=now)


def test_without_kept_routes_nothing_is_different(at_north: Browser, north: Site, south: Site) -> None:
    listed = at_north.get("/admin/sites/site/").content.decode()
    assert "column-route" not in listed
    assert "field-route" not in at_north.get(f"/admin/sites/site/{north.pk}/change/").content.decode()
    assert "route" not in json.loads(call("sites", "show", "north.test", "--json"))
    assert not [sample for metric in collect_metrics() for sample in metric.samples]


@pytest.mark.usefixtures("kept")
def test_the_admin_shows_routes(at_north: Browser, north: Site) -> None:
    listed = at_north.get("/admin/sites/site/").content.decode()
    assert "accepted, certificate until 2027-02-01" in listed
    assert "⚠ not accepted. &lt;b&gt;no Gateway&lt;/b&gt;" in listed
    assert "certificate until 2027-02-01" in at_north.get(f"/admin/sites/site/{north.pk}/change/").content.decode()


@pytest.mark.usefixtures("kept")
def test_more_sites_need_no_more_queries(at_north: Browser) -> None:
    def queries() -> int:
        at_north.get("/admin/sites/site/")  # reads the changed sites
        with CaptureQueriesContext(connection) as captured:
            at_north.get("/admin/sites/site/")
        return len(captured)

    few = queries()
    for number in range(10):
        site = Site.objects.create(domain=f"s{number}.test", name="s")
        RouteStatus.objects.create(site_id=site.pk, accepted=True, changed_at=timezone.now())
    assert queries() == few


@pytest.mark.usefixtures("kept")
def test_commands_show_routes(north: Site) -> None:
    assert "Route: accepted, certificate until 2027-02-01" in call("sites", "show", "north.test")
    assert json.loads(call("sites", "show", "south.test", "--json"))["route"]["state"] == "fault"
    RoutePass.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    assert "is reconcile_routes running?" in call("sites", "show", "north.test")


@pytest.mark.usefixtures("kept")
def test_the_metrics_are_those_of_the_last_pass() -> None:
    samples = {sample.name: sample.value for metric in collect_metrics() for sample in metric.samples}
    assert samples["colonnade_routes_wanted"] == 3
    assert samples["colonnade_routes_faults"] == 1
    assert samples["colonnade_routes_success_timestamp_seconds"] > 0
    RoutePass.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    late = {sample.name for metric in collect_metrics() for sample in metric.samples}
    assert late == {"colonnade_routes_success_timestamp_seconds"}, "it does not run: the rest is not known"


# --- what controllers say ---


def item(kind: str, status: Object | None = None, **spec: object) -> Object:
    return {"kind": kind, "metadata": {"name": "a", "generation": 2}, "spec": spec, "status": status or {}}


def said(kind: str, value: str, message: str = "", generation: int = 2) -> Object:
    return {"type": kind, "status": value, "reason": "R", "message": message, "observedGeneration": generation}


ACCEPTED, RESOLVED = said("Accepted", "True"), said("ResolvedRefs", "True")
PARENT: list[Object] = [{"name": "public"}]


def route(*conditions: Object) -> Object:
    return item("HTTPRoute", {"parents": [{"conditions": conditions}]}, parentRefs=PARENT)


CONFLICT = {"name": "h", "conditions": [said("Accepted", "False", "taken")]}


@pytest.mark.parametrize(
    ("objects", "wanted"),
    [
        ([route(ACCEPTED, RESOLVED)], (True, True)),
        ([item("HTTPRoute", parentRefs=PARENT)], (None, None)),
        ([route(said("Accepted", "False", "no host"))], (False, None)),
        ([route(said("Accepted", "True", generation=1), RESOLVED)], (None, True)),
        ([item("Ingress")], (None, None)),
        ([item("Ingress", {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}})], (True, None)),
        ([item("ListenerSet", {"conditions": [ACCEPTED], "listeners": [CONFLICT]})], (False, None)),
    ],
    ids=["accepted", "waiting", "refused", "outdated", "no-address", "address", "listener"],
)
def test_the_status_is_what_the_controllers_say(objects: list[Object], wanted: tuple[bool | None, bool | None]) -> None:
    status = status_of(objects, [])
    assert (status.accepted, status.resolved) == wanted
    assert bool(status.message) is (wanted[0] is not True)


def test_a_certificate_is_ready_until(north: Site) -> None:
    ready = item("Certificate", {"conditions": [said("Ready", "True")], "notAfter": "2027-02-01T00:00:00Z"})
    waiting = item("Certificate", {"conditions": [said("Ready", "False", "order pending")]})
    assert status_of([], [ready]) == Status(certificate_ready=True, certificate_until=UNTIL)
    assert "order pending" in status_of([], [ready, waiting]).message
