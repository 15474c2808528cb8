from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site

from app.routes.cluster.api import ApiServer
from app.routes.cluster.rate import RateLimit
from app.routes.run import Options, Run
from app.routes.template import RouteTemplate
from tests.chart.rendering import Object, Values, render, scenario
from tests.routes.stand_in import Cluster, serving

GATEWAY: Values = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}, "tls": {"mode": "edge"}}
PLAIN_GATEWAY: Values = {
    **{key: value for key, value in scenario("gateway").items() if key != "sites"},
    "commonLabels": {"team": "web"},
    "commonAnnotations": {"c": "d"},
}
PLAIN_GATEWAY["httpRoute"] = {**PLAIN_GATEWAY["httpRoute"], "catchAll": False, "hostnames": []}


def template_in(folder: Path, values: Values) -> RouteTemplate:
    """The template that the chart makes with these values."""
    rendered = render({**values, "routes": {"reconcile": {"enabled": True}}})
    path = folder / "template.json"
    path.write_text(rendered.of("ConfigMap", "demo-colonnade-route-template")["data"]["template.json"])
    return RouteTemplate.read(path)


def declared_objects(site: str, host: str, **more: Any) -> list[Object]:
    """What Helm creates for a site that is declared."""
    rendered = render({**GATEWAY, "sites": {site: {"domain": host, **more}}})
    return rendered.kind("HTTPRoute")


class Reconciling:
    """`reconcile_routes` against the stand-in, one step at a time."""

    def __init__(self, cluster: Cluster, api: ApiServer, template: RouteTemplate, options: Options) -> None:
        self.cluster, self.template = cluster, template
        self.api = api
        self.run = Run(api, template, "one", options)

    def step(self) -> list[tuple[str, str]]:
        """One pass over what the cluster has now; its writes."""
        self.run.election.step()
        for kind, cache in self.run.caches.items():
            cache.replace(self.api.list(kind)[0])
        return self.step_without_look()

    def later(self) -> None:
        """What waits to be tried again is due."""
        self.run._not_before = 0
        for retry in self.run._reconciler._retries._retries.values():
            retry.at = 0

    def step_without_look(self) -> list[tuple[str, str]]:
        before = len(self.cluster.writes)
        self.run.step()
        return self.cluster.writes[before:]


@pytest.fixture
def sites(north: Site, south: Site) -> tuple[Site, Site]:
    """The only ones."""
    Site.objects.exclude(pk__in=[north.pk, south.pk]).delete()
    return north, south


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def api(cluster: Cluster, tmp_path: Path) -> Iterator[ApiServer]:
    (tmp_path / "namespace").write_text("websites")
    with serving(cluster) as url:
        yield ApiServer(url, tmp_path, RateLimit(1e6))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> RouteTemplate:
    return template_in(tmp_path_factory.mktemp("template"), GATEWAY)


@pytest.fixture
def reconciling(cluster: Cluster, api: ApiServer, template: RouteTemplate) -> Reconciling:
    return Reconciling(cluster, api, template, Options())
