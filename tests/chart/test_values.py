"""Values as people write them: emptied keys, numbers and booleans, odd names, a parent chart."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from helm_python import _native

from tests.chart import policy, rendering, schemas
from tests.chart.rendering import CHART, Object, Refused, Values, environment, pod_spec, render, scenario, web

GO_ERROR = re.compile("nil|wrong type|interface|cannot convert|error calling")
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def paths(schema: Object, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every section and value of the schema; not what is inside a value, such as a probe."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    for key, value in schema.get("properties", {}).items():
        yield (*prefix, key)
        yield from paths(value, (*prefix, key))


def without(path: tuple[str, ...], values: Values) -> Values:
    """The values with one key set to null: Helm then removes it, as `--reuse-values` lacks it."""
    changed: Values = json.loads(json.dumps(values))
    place = changed
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = None
    return changed


@pytest.mark.parametrize("key", SCHEMA["properties"])
def test_an_emptied_key_is_its_default_or_named(key: str) -> None:
    for path in [one for one in paths(SCHEMA) if one[0] == key]:
        for base in [{}, {"database": {"type": "sqlite"}}][: 3 - len(path)] or [{}]:
            try:
                found = _faults(rendering.sources(without(path, base)))
            except Refused as refused:
                found = [] if path[-1] in str(refused) and not GO_ERROR.search(str(refused)) else [str(refused)]
            assert not found, path


def _faults(texts: dict[str, str]) -> list[str]:
    """What a cluster would say of the objects that differ from the default ones."""
    usual = _usual()
    changed = [text for name, text in texts.items() if name.endswith(".yaml") and text != usual.get(name)]
    return [fault for text in changed for one in rendering.parse(text) for fault in schemas.faults(one, "1.34")]


@functools.cache
def _usual() -> dict[str, str]:
    return rendering.sources()


@pytest.mark.parametrize(
    "path",
    [
        ("podAnnotations",),
        ("image",),
        ("image", "repository"),
        ("scratch",),
        ("global",),
        ("cronJobs",),
        ("release", "mode"),
    ],
)
def test_an_absent_key_is_its_default(path: tuple[str, ...]) -> None:
    emptied, default = (
        [one for one in render(values).objects if one["kind"] != "Secret"] for values in (without(path, {}), {})
    )
    assert emptied == default


@pytest.mark.parametrize("name", ["startupProbe", "livenessProbe", "readinessProbe", "lifecycle"])
def test_null_switches_a_probe_off(name: str) -> None:
    assert name in web(render())
    assert name not in web(render({name: None}))


@pytest.mark.parametrize("path", sorted(CHART.glob("templates/**/[!_]*")), ids=lambda path: path.name)
def test_every_template_begins_with_the_defaults(path: Path) -> None:
    if path.is_file():
        assert path.read_text().startswith('{{- include "colonnade.prepare" . -}}\n')


# --- numbers and booleans ---


def test_numbers_and_booleans_become_strings() -> None:
    rendered = render(scenario("exposed"))
    template = rendered.of("Deployment")["spec"]["template"]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "9090"
    assert template["metadata"]["annotations"]["prometheus.io/scrape"] == "true"
    assert template["metadata"]["labels"]["generation"] == "20260101"
    assert template["spec"]["nodeSelector"] == {"example.org/web": "true"}
    assert environment(web(rendered))["LIMIT"] == "1000000"
    assert environment(web(rendered))["ENABLED"] == "true"
    assert {one["metadata"]["labels"]["cost-centre"] for one in rendered.objects} == {"4711"}
    database = pod_spec(rendered.of("StatefulSet"))
    assert database
    assert "max_connections=1000000" in database["containers"][0]["args"]


ONE: Values = {"annotations": {"a.example/b": 1}}
STRINGS: list[Values] = [
    {"commonAnnotations": {"a.example/b": 1}},
    {"serviceAccount": ONE},
    {"service": ONE},
    {"ingress": {"enabled": True, "catchAll": True, "annotations": {"a.example/b": 1}}},
    {"ingress": {"enabled": True}, "sites": {"a": {"domain": "a.test", "ingress": ONE}}},
    {"persistence": {"media": ONE}},
    {"release": ONE},
    {"release": {"podAnnotations": {"a.example/b": 1}}},
    {"cronJobDefaults": {"podAnnotations": {"a.example/b": 1}}},
    {"tests": {"podAnnotations": {"a.example/b": 1}}},
    {"postgresql": {"podAnnotations": {"a.example/b": 1}}},
    {"postgresql": {"nodeSelector": {"a.example/b": 1}}},
    {"metrics": {"serviceMonitor": {"enabled": True, "labels": {"a.example/b": 1}}}},
    {"metrics": {"dashboard": {"enabled": True, "labels": {"a.example/b": 1}}}},
]


@pytest.mark.parametrize("values", STRINGS)
def test_maps_of_strings_hold_strings(values: Values) -> None:
    found = [value for one in render(values).objects for value in _values_of(one, "a.example/b")]
    assert found
    assert set(map(repr, found)) == {"'1'"}


def _values_of(tree: Any, key: str) -> Iterator[Any]:
    if isinstance(tree, dict):
        yield from (value for name, value in tree.items() if name == key)
        tree = list(tree.values())
    if isinstance(tree, list):
        for value in tree:
            yield from _values_of(value, key)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"sidecars": [{"name": "a", "env": [{"name": "A", "value": 5}]}]}, "sidecars/0/env/0/value"),
        ({"initContainers": [{"name": "a", "env": [{"name": "A", "value": True}]}]}, "initContainers/0/env/0/value"),
        ({"tolerations": [{"key": "a", "value": 1}]}, "tolerations/0/value"),
        ({"dnsConfig": {"options": [{"name": "ndots", "value": 2}]}}, "dnsConfig/options/0/value"),
        ({"httpRoute": {"timeouts": {"request": 30}}}, "httpRoute/timeouts/request"),
        ({"podAnnotations": {"a": {"b": "c"}}}, "podAnnotations/a"),
        ({"extraEnv": [{"name": "A", "value": ["x"]}]}, "extraEnv/0/value"),
        ({"extraEnv": [{"name": "A", "valeu": "x"}]}, "extraEnv/0"),
    ],
)
def test_what_cannot_become_a_string_is_refused_by_its_place(values: Values, place: str) -> None:
    with pytest.raises(Refused) as refused:
        render(values)
    assert place in str(refused.value).replace(".", "/")


# --- names ---


@pytest.mark.parametrize("release", ["2026-campaign", "v2.0.0", "2.0", "7", "2-colonnade", "a" * 53, "1" * 53])
@pytest.mark.parametrize("name", ["default", "external-database", "monitoring"])
def test_every_release_name_gives_valid_names(release: str, name: str) -> None:
    rendered = render(scenario(name), release=release)
    for kind, own in rendered.names():
        assert _is_label(own), (kind, own)
    assert policy.findings(rendered.objects, provided=policy.named_by(scenario(name))) == []


def _is_label(name: str) -> bool:
    """RFC 1035, the strictest rule: a Service has such a name."""
    return name[0].isalpha() and name.replace("-", "").isalnum() and not name.endswith("-") and len(name) <= 63


def test_the_name_of_a_release_that_worked_before_has_not_changed() -> None:
    names = {release: render(release=release).of("Deployment")["metadata"]["name"] for release in ("demo", "colonnade")}
    assert names == {"demo": "demo-colonnade", "colonnade": "colonnade"}
    assert render(release="v2.0.0").of("Deployment")["metadata"]["name"] == "v2-0-0-colonnade"
    assert render(release="2026-campaign").of("Deployment")["metadata"]["name"] == "colonnade-2026-campaign-colonnade"


@pytest.mark.parametrize("key", ["nameOverride", "fullnameOverride"])
@pytest.mark.parametrize("name", ["2fast", "v2.0", "Web", "web_", "web-"])
def test_an_override_that_is_no_name_is_refused(key: str, name: str) -> None:
    with pytest.raises(Refused, match=key):
        render({key: name})


# --- a parent chart ---


def parent(folder: Path, values: Values) -> list[Object]:
    shutil.copytree(CHART, folder / "charts" / "colonnade", ignore=shutil.ignore_patterns("ci"))
    dependency = {"name": "colonnade", "version": "0.1.0", "condition": "colonnade.enabled"}
    chart = {"apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": [dependency]}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(chart))
    (folder / "templates").mkdir()
    options = {"name": "demo", "namespace": "websites", "kube_version": "v1.34.0"}
    loaded = helm_python.Chart.load(folder)
    try:
        text = _native.call_string("helm_render", loaded._raw(), json.dumps(values), json.dumps(options))
    except helm_python.HelmError as error:
        raise Refused(str(error)) from None
    return [one for name, text in json.loads(text).items() if name.endswith(".yaml") for one in rendering.parse(text)]


def test_a_parent_chart_may_have_global_values_of_other_charts(tmp_path: Path) -> None:
    shared = {"redis": {"password": "x"}, "security": {"allowInsecureImages": True}, "imageRegistry": "mirror.example"}
    objects = parent(tmp_path, {"global": shared, "colonnade": {"enabled": True, "replicaCount": 2}})
    deployment = next(one for one in objects if one["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].startswith("mirror.example/")


def test_a_parent_chart_may_switch_it_off(tmp_path: Path) -> None:
    assert parent(tmp_path, {"colonnade": {"enabled": False}}) == []


def test_its_own_global_values_are_checked() -> None:
    with pytest.raises(Refused, match="imageRegistry"):
        render({"global": {"imageRegistry": 5}})
