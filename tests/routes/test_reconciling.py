"""What `reconcile_routes` writes, and what it leaves alone, against an API server on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command
from django.db import OperationalError

from app.routes import run as run_module
from app.routes.cluster.api import ApiServer
from app.routes.cluster.lease import HOLD_SECONDS, LEASE_SECONDS, Election
from app.routes.cluster.rate import RateLimit
from app.routes.models import RoutePass, RouteStatus
from app.routes.run import Options
from app.routes.template import RouteTemplate
from app.tenancy.models import Alias, PendingHost, SiteProfile
from tests.routes.conftest import Reconciling, declared_objects
from tests.routes.stand_in import Cluster
from tests.support.logs import Lines
from tests.support.programs import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sites")]

NORTH, SOUTH = "demo-colonnade-route-north-test", "demo-colonnade-route-south-test"


def make_sites(number: int) -> None:
    for one in range(number):
        Site.objects.create(domain=f"s{one}.test", name="s")


def test_every_site_that_is_not_declared_has_a_route(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    SiteProfile.objects.filter(site=sites[0]).update(state=SiteProfile.State.SUSPENDED)
    SiteProfile.objects.filter(site=sites[1]).update(state=SiteProfile.State.ARCHIVED)
    Alias.objects.create(site=sites[1], host="new.test")
    PendingHost.objects.create(site_id=sites[1].pk, host="new.test")
    assert set(reconciling.step()) == {("apply", NORTH), ("apply", SOUTH)}
    routes = {
        name: one["spec"]["hostnames"]
        for (_, name), one in reconciling.cluster.objects.items()
        if "spec" in one and "hostnames" in one["spec"]
    }
    assert routes == {NORTH: ["north.test", "www.north.test"], SOUTH: ["south.test"]}
    assert reconciling.step() == [], "nothing is written twice"
    assert RoutePass.objects.get().present == 2


def test_what_somebody_deletes_or_edits_is_restored(reconciling: Reconciling) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    cluster.remove("httproutes", NORTH)
    edited = json.loads(json.dumps(cluster.objects["httproutes", SOUTH]))
    edited["spec"]["hostnames"] = ["evil.test"]
    cluster.put("httproutes", edited)
    assert set(reconciling.step()) == {("apply", NORTH), ("apply", SOUTH)}
    assert cluster.objects["httproutes", SOUTH]["spec"]["hostnames"] == ["south.test"]


def test_a_field_that_the_server_stores_in_another_way_is_not_written_again(reconciling: Reconciling) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    put = cluster.put

    def put_changed(plural: str, item: dict[str, Any]) -> dict[str, Any]:
        item = json.loads(json.dumps(item))
        item["spec"]["hostnames"] = item["spec"]["hostnames"][:1] if "hostnames" in item["spec"] else []
        return put(plural, item)

    cluster.put = put_changed  # type: ignore[method-assign]
    cluster.remove("httproutes", NORTH)
    assert reconciling.step() == [("apply", NORTH)]
    cluster.put = put  # type: ignore[method-assign]
    assert reconciling.step() == []


def test_an_object_of_somebody_else_is_left_alone(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    foreign = {
        "kind": "HTTPRoute",
        "apiVersion": "gateway.networking.k8s.io/v1",
        "metadata": {"name": NORTH},
        "spec": {},
    }
    stored = reconciling.cluster.put("httproutes", foreign)
    assert reconciling.step() == [("apply", SOUTH)]
    assert reconciling.cluster.objects["httproutes", NORTH] == stored
    status = RouteStatus.objects.get(site_id=sites[0].pk)
    assert status.accepted is False or "not ours" in status.message
    Site.objects.filter(pk=sites[0].pk).delete()
    assert reconciling.step() == []
    assert reconciling.cluster.objects["httproutes", NORTH] == stored


def test_an_object_that_came_since_the_last_look_is_not_taken(
    reconciling: Reconciling, sites: tuple[Site, Site]
) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    ours = cluster.objects["httproutes", NORTH]
    cluster.remove("httproutes", NORTH)
    stored = cluster.put("httproutes", {**ours, "metadata": {"name": NORTH, "uid": "other"}, "spec": {"hostnames": []}})
    # The cache still has our object; then it has none.
    for cached in ({**ours, "spec": {}}, None):
        cache = next(iter(reconciling.run.caches.values()))
        cache.remove(NORTH)
        if cached is not None:
            cache.put(cached)
        assert reconciling.step_without_look() == []
        assert cluster.objects["httproutes", NORTH] == stored
        reconciling.run._reconciler._retries.clear()
    cache.put(ours)
    Site.objects.filter(pk=sites[0].pk).delete()
    assert reconciling.step_without_look() == [], "not deleted either"


def test_ours_goes_when_the_declared_route_is_there(reconciling: Reconciling) -> None:
    reconciling.step()
    (declared,) = declared_objects("north-test", "north.test")
    other = json.loads(json.dumps(declared))
    other["metadata"]["labels"]["app.kubernetes.io/instance"] = "another-release"
    other["metadata"]["name"] = "another"
    reconciling.cluster.put("httproutes", other)
    assert reconciling.step() == [], "a route of another release declares nothing here"
    reconciling.cluster.put("httproutes", declared)
    assert reconciling.step() == [("delete", NORTH)]
    assert reconciling.cluster.names() == {declared["metadata"]["name"], "another", SOUTH}
    reconciling.cluster.remove("httproutes", declared["metadata"]["name"])
    assert reconciling.step() == [("apply", NORTH)], "no longer declared: ours again"


def test_the_route_of_a_deleted_site_goes(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    reconciling.step()
    Site.objects.filter(pk=sites[1].pk).delete()
    assert reconciling.step() == [("delete", SOUTH)]
    assert [row.site_id for row in RouteStatus.objects.all()] == [sites[0].pk]


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


def test_without_the_api_server_or_the_database_everything_stays(
    reconciling: Reconciling, lines: Lines, sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciling.step()
    cluster = reconciling.cluster
    Alias.objects.create(site=sites[1], host="more.test")
    cluster.status = 503
    for _ in range(3):
        reconciling.run._not_before = 0
        assert reconciling.step_without_look() == []
    assert sum("The API server is unavailable" in str(line) for line in lines()) == 1
    cluster.status, reconciling.run._not_before = 0, 0
    assert reconciling.step() == [("apply", SOUTH)]

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
    reconciling.cluster.refused = {NORTH}
    assert reconciling.step() == [("apply", SOUTH)], "the others are not held up"
    status = RouteStatus.objects.get(site_id=sites[0].pk)
    assert (status.accepted, "Invalid value" in status.message) == (False, True)
    reconciling.cluster.refused = set()
    assert reconciling.step() == [], "not yet"
    for retry in reconciling.run._reconciler._retries.values():
        retry.at = 0
    assert reconciling.step() == [("apply", NORTH)]


def test_a_deletion_is_seen_without_a_new_list_and_an_expired_watch_lists_again(
    reconciling: Reconciling, sites: tuple[Site, Site]
) -> None:
    cluster, run = reconciling.cluster, reconciling.run
    threads = run.start()
    try:
        wait_until(lambda: run.step() is not None and len(cluster.names()) == 2, what="the routes")
        lists = len(cluster.reads)
        cluster.remove("httproutes", NORTH)
        wait_until(lambda: (run.step(), NORTH in cluster.names())[1], what="the route again")
        assert len(cluster.reads) == lists
        cluster.forget_history()
        wait_until(lambda: len(cluster.reads) > lists, what="a new list")
    finally:
        run.stop.set()
        cluster.close()
        for thread in threads:
            thread.join()
    assert cluster.objects["leases", "demo-colonnade-routes"]["spec"]["holderIdentity"] == "", "given up at the end"


# --- two processes ---


def test_one_of_two_leads_and_the_other_takes_over(api: ApiServer, cluster: Cluster) -> None:
    now = [0.0]
    one, other = (Election(api, "lease", name, clock=lambda: now[0]) for name in ("one", "other"))
    for _ in range(10):
        one.step()
        other.step()
        assert (one.leads, other.leads) == (True, False)
        now[0] += 2
    # The first one is killed. It stops acting before the other one begins.
    now[0] += HOLD_SECONDS
    other.step()
    assert (one.leads, other.leads) == (False, False)
    now[0] += LEASE_SECONDS - HOLD_SECONDS
    other.step()
    one.step()
    assert (one.leads, other.leads) == (False, True)
    assert cluster.objects["leases", "lease"]["spec"]["leaseTransitions"] == 2
    other.release()
    one.step()
    assert (one.leads, other.leads) == (True, False)


def test_a_write_that_another_process_was_faster_with_wins_nothing(api: ApiServer, cluster: Cluster) -> None:
    one, other = Election(api, "lease", "one"), Election(api, "lease", "other")
    read = api.lease

    def read_and_lose(name: str) -> Any:
        found = read(name)
        other._api = ApiServer(api._url, api._account)
        other.step()
        return found

    api.lease = read_and_lose  # type: ignore[method-assign]
    one.step()
    assert (one.leads, other.leads) == (False, True)
    assert cluster.objects["leases", "lease"]["spec"]["holderIdentity"] == "other"


def test_without_the_lease_nothing_is_written(reconciling: Reconciling, api: ApiServer) -> None:
    Election(api, "demo-colonnade-routes", "somebody").step()
    assert reconciling.step() == []
    assert not RouteStatus.objects.exists()


def test_the_rate_of_requests_is_bounded() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limit = RateLimit(20, 40, clock=lambda: now[0], sleep=sleep)
    for _ in range(2040):
        limit.wait()
    assert now[0] == pytest.approx(100)


# --- the command ---


def test_the_command_says_what_is_missing(tmp_path: Path, template: RouteTemplate) -> None:
    with pytest.raises(CommandError, match="is no template of routes"):
        call_command("reconcile_routes", str(tmp_path / "none.json"))
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({**vars(template), "objects": []}))
    with pytest.raises(CommandError, match="has no routes"):
        call_command("reconcile_routes", str(bad))
    good = tmp_path / "good.json"
    good.write_text(json.dumps(vars(template)))
    with pytest.raises(CommandError, match="Run this command in the cluster"):
        call_command("reconcile_routes", str(good), "--account", str(tmp_path / "none"))
