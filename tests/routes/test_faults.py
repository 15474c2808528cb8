"""What `reconcile_routes` does when the API server, the database or one object is at fault."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.db import OperationalError
from pytest_django import Settings

from app.routes import run as run_module
from app.routes.models import RoutePass, RouteStatus
from app.routes.run import Options
from tests.routes.conftest import Reconciling, declared_objects
from tests.support.logs import Lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sites")]

NORTH, SOUTH = "demo-colonnade-route-north-test", "demo-colonnade-route-south-test"


def make_sites(number: int) -> None:
    for one in range(number):
        Site.objects.create(domain=f"s{one}.test", name="s")


def test_a_database_without_most_sites_removes_nothing(reconciling: Reconciling, lines: Lines) -> None:
    make_sites(18)
    reconciling.step()
    assert len(reconciling.cluster.names()) == 20
    Site.objects.filter(domain__startswith="s").exclude(domain="south.test").delete()
    assert reconciling.step() == []
    assert reconciling.step() == []
    assert sum("no route of theirs is removed" in str(line) for line in lines()) == 1
    assert RoutePass.objects.get().refused_removals == 18
    options = Options(allow_mass_removal=True)
    allowed = Reconciling(reconciling.cluster, reconciling.api, reconciling.template, options)
    reconciling.run.election.release()
    assert len(allowed.step()) == 18
    Site.objects.all().delete()
    again = Reconciling(reconciling.cluster, reconciling.api, reconciling.template, Options())
    allowed.run.election.release()
    assert again.step() == [], "an empty table of sites removes nothing, however few there were"


def test_a_database_with_one_of_few_sites_removes_nothing(reconciling: Reconciling) -> None:
    make_sites(2)
    reconciling.step()
    Site.objects.exclude(domain="north.test").delete()
    assert reconciling.step() == []
    assert RoutePass.objects.get().refused_removals == 3


def test_without_the_api_server_or_the_database_everything_stays(
    reconciling: Reconciling, lines: Lines, sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    make_sites(3)
    cluster.status = 503
    for _ in range(3):
        reconciling.run._not_before = 0
        assert reconciling.step_without_look() == []
    assert sum("The API server is unavailable" in str(line) for line in lines()) == 1
    cluster.status = 0
    reconciling.later()
    assert len(reconciling.step()) == 3

    def lost(**_: object) -> None:
        raise OperationalError("password in here")

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "routed_sites", lost)
        cluster.remove("httproutes", NORTH)
        assert reconciling.step() == []
    assert not any("password" in str(line) for line in lines())
    reconciling.run._not_before = 0
    assert reconciling.step() == [("apply", NORTH)]


def test_a_refused_host_is_shown_and_tried_again(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    reconciling.cluster.refused = {NORTH: 422}
    assert reconciling.step() == [("apply", SOUTH)], "the others are not held up"
    status = RouteStatus.objects.get(site_id=sites[0].pk)
    assert (status.accepted, "Invalid value" in status.message) == (False, True)
    reconciling.cluster.refused = {}
    assert reconciling.step() == [], "not yet"
    reconciling.later()
    assert reconciling.step() == [("apply", NORTH)]


def test_one_object_that_the_server_fails_with_holds_up_no_other(reconciling: Reconciling) -> None:
    make_sites(4)
    cluster = reconciling.cluster
    cluster.refused = {NORTH: 500}
    assert len(reconciling.step()) == 5
    assert sum(call == ("apply", NORTH) for call in cluster.tried) == 1
    assert "status 500: spec.hostnames" in RouteStatus.objects.get(accepted=False).message
    more = [Site.objects.create(domain=f"t{one}.test", name="t") for one in range(4)]
    cluster.tried, cluster.status = [], 503
    reconciling.later()
    assert reconciling.step_without_look() == []
    assert len(cluster.tried) == 3, "a server that fails every time gets few requests"
    cluster.status = 0
    reconciling.later()
    assert len(reconciling.step()) == len(more)


def test_new_sites_come_first_and_refused_ones_last(reconciling: Reconciling) -> None:
    cluster = reconciling.cluster
    cluster.refused = {NORTH: 422}
    reconciling.step()
    cluster.put("httproutes", {**cluster.objects["httproutes", SOUTH], "spec": {}})
    make_sites(1)
    cluster.tried = []
    reconciling.later()
    reconciling.step()
    assert cluster.tried == [("apply", "demo-colonnade-route-s0-test"), ("apply", SOUTH), ("apply", NORTH)]


def test_a_refused_deletion_is_shown_and_tried_again(
    reconciling: Reconciling, sites: tuple[Site, Site], lines: Lines
) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    cluster.put("httproutes", *declared_objects("north-test", "north.test"))
    cluster.refused, cluster.tried = {NORTH: 403}, []
    for _ in range(3):
        reconciling.step()
    reconciling.later()
    reconciling.step()
    assert cluster.tried == [("delete", NORTH)] * 2
    assert sum(NORTH in str(line) for line in lines()) == 1
    assert NORTH in RouteStatus.objects.get(site_id=sites[0].pk).message
    cluster.refused = {}
    reconciling.later()
    assert reconciling.step() == [("delete", NORTH)]


def test_seldom_looks_at_the_sites_do_not_end_the_pod(
    reconciling: Reconciling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SITES_REFRESH_SECONDS = 3600.0
    run = reconciling.run
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        run.end()

    monkeypatch.setattr(run._wake, "wait", wait)
    monkeypatch.setattr(run, "start", list)
    run.forever()
    assert waits == [1.0]
