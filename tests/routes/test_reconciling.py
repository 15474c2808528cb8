"""What `reconcile_routes` writes, and what it leaves alone, against an API server on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command
from django.db import connection

from app.routes.cluster.api import ApiServer
from app.routes.declared import PATIENCE_SECONDS
from app.routes.models import RoutePass, RouteStatus
from app.routes.run import Options
from app.routes.template import RouteTemplate
from app.tenancy.models import Alias, PendingHost, SiteProfile
from tests.chart.rendering import Values, render
from tests.routes.conftest import PLAIN_GATEWAY, Reconciling, declared_objects, template_in
from tests.routes.stand_in import Cluster
from tests.support.programs import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sites")]

NORTH, SOUTH = "demo-colonnade-route-north-test", "demo-colonnade-route-south-test"


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


def test_localhost_has_no_route(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    """Each new installation has a site of that name: on a shared Gateway, one would get the visitors of all."""
    Site.objects.filter(pk=sites[1].pk).update(domain="localhost")
    Alias.objects.create(site=sites[0], host="localhost.test")
    assert reconciling.step() == [("apply", NORTH)]
    assert reconciling.cluster.objects["httproutes", NORTH]["spec"]["hostnames"] == [
        "north.test",
        "www.north.test",
        "localhost.test",
    ]
    assert "no host yet that visitors can reach" in RouteStatus.objects.get(site_id=sites[1].pk).message


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
        reconciling.later()
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


def test_a_site_of_a_file_has_time_to_get_the_route_of_the_chart(
    reconciling: Reconciling, sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    SiteProfile.objects.filter(site=sites[0]).update(managed_by=SiteProfile.Manager.FILE)
    assert reconciling.step() == [("apply", SOUTH)]
    assert "the route of the chart is waited for" in RouteStatus.objects.get(site_id=sites[0].pk).message
    SiteProfile.objects.filter(site=sites[1]).update(managed_by=SiteProfile.Manager.FILE)
    declared = reconciling.run._reconciler._declared
    monkeypatch.setattr(declared._new, "_clock", lambda: time.monotonic() + PATIENCE_SECONDS)
    assert reconciling.step() == [("apply", NORTH)], "what has a route keeps it"
    assert len(reconciling.cluster.names()) == 2


def test_ours_stays_until_the_declared_route_has_its_certificate(
    cluster: Cluster, api: ApiServer, tmp_path: Path
) -> None:
    values: Values = {"ingress": {"enabled": True}, "tls": {"mode": "perSite", "issuer": "letsencrypt"}}
    reconciling = Reconciling(cluster, api, template_in(tmp_path, values), Options())
    assert set(reconciling.step()) == {("apply", NORTH), ("apply", SOUTH)}
    declared = render({**values, "sites": {"north-test": {"domain": "north.test"}}}).of("Ingress")
    cluster.put("ingresses", declared)
    assert reconciling.step() == [], "cert-manager has not made the Certificate yet"
    secret = declared["spec"]["tls"][0]["secretName"]
    for value, writes in (("False", []), ("True", [("delete", NORTH)])):
        conditions = [{"type": "Ready", "status": value}]
        certificate = {
            "kind": "Certificate",
            "apiVersion": "cert-manager.io/v1",
            "metadata": {"name": secret},
            "spec": {"secretName": secret},
            "status": {"conditions": conditions},
        }
        cluster.put("certificates", certificate)
        assert reconciling.step() == writes


def test_a_host_that_is_added_during_the_look_is_pending(reconciling: Reconciling, sites: tuple[Site, Site]) -> None:
    added: list[str] = []

    def add(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not added and 'FROM "tenancy_alias"' in sql:
            added.append("new.test")
            Alias.objects.create(site=sites[1], host="new.test")
            PendingHost.objects.create(site_id=sites[1].pk, host="new.test")
        return execute(sql, *rest)

    with connection.execute_wrapper(add):
        reconciling.step()
    assert added
    assert reconciling.cluster.objects["httproutes", SOUTH]["spec"]["hostnames"] == ["south.test"]


def test_no_two_sites_have_one_name(cluster: Cluster, api: ApiServer, tmp_path: Path, sites: tuple[Site, Site]) -> None:
    template = template_in(tmp_path, PLAIN_GATEWAY)
    Alias.objects.bulk_create(Alias(site=sites[0], host=f"h{n}.test") for n in range(16))
    for key in ("north-test-2", "north-test-https"):
        SiteProfile.objects.filter(site=Site.objects.create(domain=f"{key}.example", name="s")).update(key=key)
    reconciling = Reconciling(cluster, api, template, Options())
    writes = reconciling.step()
    assert len(cluster.objects) - 1 == len(writes) == 14
    assert reconciling.step() == []
    one_name = {**template.objects[0], "metadata": {**template.objects[0]["metadata"], "name": "one"}}
    reconciling.run.election.release()
    with_fault = Reconciling(cluster, api, replace(template, objects=[one_name]), Options())
    assert with_fault.step()[0] == ("apply", "one")
    assert "would also be an object of the site" in RouteStatus.objects.get(site_id=sites[1].pk).message


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
