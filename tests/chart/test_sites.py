"""The sites in the values become routes, certificates and rows; a change of one site changes only its objects."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import random
import time
from typing import Any

import pytest
import yaml

from tests.chart import rendering
from tests.chart.rendering import Object, Rendered, Values, identity, pod_template, render

NORTH_SOUTH: Values = {
    "north": {"domain": "north.example.org", "name": "North", "aliases": ["www.north.example.org"]},
    "south": {"domain": "south.example.org"},
}
INGRESS: Values = {"ingress": {"enabled": True}, "tls": {"mode": "perSite", "clusterIssuer": "letsencrypt"}}
GATEWAY: Values = {
    "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
    "listenerSet": {"enabled": True, "parentRef": {"name": "public"}},
    "tls": {"mode": "perSite", "clusterIssuer": "letsencrypt"},
}
EDGES = {"ingress": INGRESS, "gateway": GATEWAY}


def rendered_with(sites: object, **values: Any) -> Rendered:
    return render({**values, "sites": sites})


def by_identity(rendered: Rendered) -> dict[tuple[str, str], Object]:
    return {identity(one): one for one in rendered.objects if one["kind"] != "Secret"}


def difference(before: Rendered, after: Rendered) -> set[tuple[str, str]]:
    """Objects that were added, removed or changed, without those that read the list of all sites."""
    old, new = by_identity(before), by_identity(after)
    changed = {who for who in old.keys() | new.keys() if old.get(who) != new.get(who)}
    return {(k, n) for k, n in changed if k not in {"ConfigMap", "Job"} and n != "demo-colonnade-test-sites"}


def test_a_site_becomes_a_route_and_a_row() -> None:
    rendered = rendered_with(NORTH_SOUTH, **INGRESS)
    ingress = rendered.of("Ingress", "demo-colonnade-site-north")
    assert [one["host"] for one in ingress["spec"]["rules"]] == ["north.example.org", "www.north.example.org"]
    assert ingress["spec"]["tls"][0]["hosts"] == ["north.example.org", "www.north.example.org"]
    assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "letsencrypt"
    rows = yaml.safe_load(rendered.of("ConfigMap", "demo-colonnade-sites")["data"]["sites.yaml"])
    assert rows == {"sites": NORTH_SOUTH}


def test_on_a_gateway_a_site_has_route_listeners_and_certificate() -> None:
    rendered = rendered_with(NORTH_SOUTH, **GATEWAY)
    names = {kind for kind, name in rendered.names() if name == "demo-colonnade-site-north"}
    assert names == {"HTTPRoute", "ListenerSet", "Certificate"}
    listeners = rendered.of("ListenerSet", "demo-colonnade-site-north")["spec"]["listeners"]
    secret = rendered.of("Certificate", "demo-colonnade-site-north")["spec"]["secretName"]
    assert {one["tls"]["certificateRefs"][0]["name"] for one in listeners} == {secret}
    assert {"kind": "ListenerSet", "name": "demo-colonnade-site-north", "group": "gateway.networking.k8s.io"} in (
        rendered.of("HTTPRoute", "demo-colonnade-site-north")["spec"]["parentRefs"]
    )


def test_routes_drop_the_forwarded_host_of_clients() -> None:
    rules = rendered_with(NORTH_SOUTH, **GATEWAY).of("HTTPRoute", "demo-colonnade-site-south")["spec"]["rules"]
    assert rules[0]["filters"][0]["requestHeaderModifier"] == {"remove": ["X-Forwarded-Host"]}


@pytest.mark.parametrize("edge", EDGES)
class TestOneSiteChanges:
    def test_added(self, edge: str) -> None:
        more = {**NORTH_SOUTH, "middle": {"domain": "middle.example.org"}}
        changed = difference(rendered_with(NORTH_SOUTH, **EDGES[edge]), rendered_with(more, **EDGES[edge]))
        assert changed
        assert {name for _, name in changed} == {"demo-colonnade-site-middle"}

    def test_removed(self, edge: str) -> None:
        fewer = {"south": NORTH_SOUTH["south"]}
        changed = difference(rendered_with(NORTH_SOUTH, **EDGES[edge]), rendered_with(fewer, **EDGES[edge]))
        assert {name for _, name in changed} == {"demo-colonnade-site-north"}

    def test_domain_changed(self, edge: str) -> None:
        moved = copy.deepcopy(NORTH_SOUTH)
        moved["south"]["domain"] = "sud.example.org"
        before, after = (rendered_with(sites, **EDGES[edge]) for sites in (NORTH_SOUTH, moved))
        assert {name for _, name in difference(before, after)} == {"demo-colonnade-site-south"}
        assert before.names() - {("Job", "")} >= {identity(one) for one in before.objects}

    def test_all_removed_and_nothing_else(self, edge: str) -> None:
        before, after = rendered_with(NORTH_SOUTH, **EDGES[edge]), render(EDGES[edge])
        gone = {kind for kind, _ in before.names() - after.names()} - {"ConfigMap", "Job"}
        assert gone == ({"Ingress"} if edge == "ingress" else {"HTTPRoute", "ListenerSet", "Certificate"})


@pytest.mark.parametrize("database", ["postgresql", "external", "sqlite"])
def test_no_pod_restarts_for_a_site(database: str) -> None:
    values: Values = {"database": {"type": database}}
    if database == "external":
        values["externalDatabase"] = {"url": "postgres://a:b@db/c"}
    lists = [
        NORTH_SOUTH,
        {"north": {**NORTH_SOUTH["north"], "default": True}, "third": {"domain": "third.example.org"}},
        {"north": {"domain": "nord.example.org", "default": True}},
    ]
    templates = [
        [
            pod_template(one)
            for one in rendered_with(sites, **values).objects
            if one["kind"] in {"Deployment", "CronJob"}
        ]
        for sites in lists
    ]
    assert templates[0] == templates[1] == templates[2]


def test_a_changed_list_is_a_new_job_and_the_same_list_is_not() -> None:
    def job(sites: object) -> str:
        return str(rendered_with(sites).of("Job")["metadata"]["name"])

    assert job(NORTH_SOUTH) == job(copy.deepcopy(NORTH_SOUTH))
    assert job(NORTH_SOUTH) != job({"north": NORTH_SOUTH["north"]})


def test_order_and_form_of_the_list_do_not_matter() -> None:
    sites = [{"key": key, **site} for key, site in NORTH_SOUTH.items()]
    renderings = [rendered_with(form, **INGRESS) for form in (NORTH_SOUTH, sites, sites[::-1])]
    assert by_identity(renderings[0]) == by_identity(renderings[1]) == by_identity(renderings[2])


def test_a_disabled_site_is_treated_as_not_declared() -> None:
    off = {**NORTH_SOUTH, "south": {**NORTH_SOUTH["south"], "enabled": False}}
    assert by_identity(rendered_with(off, **INGRESS)) == by_identity(
        rendered_with({"north": NORTH_SOUTH["north"]}, **INGRESS)
    )


def test_seventeen_aliases_make_two_routes_of_at_most_sixteen_hosts() -> None:
    hosts = [f"alias{number}.example.org" for number in range(17)]
    routes = rendered_with({"north": {"domain": "north.example.org", "aliases": hosts}}, **GATEWAY).kind("HTTPRoute")
    assert [len(route["spec"]["hostnames"]) for route in routes] == [16, 2]
    assert [name for route in routes for name in route["spec"]["hostnames"]] == ["north.example.org", *hosts]


def test_catch_all_serves_every_other_host() -> None:
    ingress = render({"ingress": {"enabled": True, "catchAll": True}}).of("Ingress", "demo-colonnade")
    assert [one.get("host") for one in ingress["spec"]["rules"]] == [None]
    routes = render({"httpRoute": {"enabled": True, "catchAll": True, "parentRefs": [{"name": "public"}]}})
    assert "hostnames" not in routes.of("HTTPRoute", "demo-colonnade-catch-all")["spec"]


def test_an_existing_list_is_read_by_its_own_cron_job() -> None:
    rendered = render({"sitesExistingConfigMap": "all-sites"})
    spec = rendering.pod_spec(rendered.of("CronJob", "demo-colonnade-sync-sites"))
    assert spec
    assert spec["containers"][0]["args"] == ["manage", "sync_sites", "/etc/colonnade/sites.yaml"]
    assert {"name": "sites", "configMap": {"name": "all-sites"}} in spec["volumes"]
    assert {name for kind, name in rendered.names() if kind == "ConfigMap"} == {"demo-colonnade-release"}


def test_rows_are_pruned_on_request_and_after_the_routes() -> None:
    assert "--prune" not in json.dumps(rendered_with(NORTH_SOUTH).objects)
    job = rendered_with(NORTH_SOUTH, siteSync={"prune": True, "maxPrune": 3}).of("Job", "demo-colonnade-prune")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"][-3:] == ["--prune", "--max-prune", "3"]


@pytest.mark.parametrize("edge", EDGES)
def test_a_thousand_sites_render_into_a_small_record(edge: str) -> None:
    values = _many_sites(1000, edge)
    rendering.sources()  # the library and the chart are loaded
    few = _cpu_seconds(_many_sites(200, edge))
    many = _cpu_seconds(values)
    size = len(_release_record(values, rendering.sources(values)))
    print(f"{edge}: {many:.2f} s, {size / 1024:.0f} KiB")
    assert many < 15 * few, f"{many:.2f} s for five times as many sites as in {few:.2f} s"
    assert size < 200 * 1024, f"{size / 1024:.0f} KiB"


def _many_sites(number: int, edge: str) -> Values:
    letters = random.Random(1)  # names that do not compress better than real ones
    names = ["".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=12)) for _ in range(number)]
    sites = {name: {"domain": f"{name}.example.org", "aliases": [f"www.{name}.example.org"]} for name in names}
    values = {**EDGES[edge], "listenerSet": {"enabled": False}, "tls": {"mode": "edge"}, "sites": sites}
    if edge == "ingress":
        del values["listenerSet"]
    return values


def _cpu_seconds(values: Values) -> float:
    """CPU time, because other work on this machine must not count."""
    began = time.process_time()
    rendering.sources(values)
    return time.process_time() - began


def _release_record(values: Values, texts: dict[str, str]) -> bytes:
    """A release as Helm stores it in a Secret: JSON of chart, values and manifest, with gzip and base64."""
    ignored = (rendering.CHART / ".helmignore").read_text().split()
    paths = [path for path in rendering.CHART.rglob("*") if path.is_file() and path.parent.name != "ci"]
    files = [path for path in paths if path.name not in ignored]
    # Values and metadata are stored as read, without comments: a chart's `Raw` files are not in the JSON of a release.
    read = {"values.yaml", "Chart.yaml"}
    chart = {path.name: yaml.safe_load(path.read_text()) for path in files if path.name in read}
    chart |= {str(path): base64.b64encode(path.read_bytes()).decode() for path in files if path.name not in read}
    record = {"chart": chart, "config": values, "manifest": "---\n".join(texts.values())}
    return base64.b64encode(gzip.compress(json.dumps(record).encode(), 9))
