"""The generated files match the chart: schema, README and plain manifests; and the text of NOTES.txt."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.chart import policy, rendering, schemas
from tests.chart.rendering import CHART, REPOSITORY, render, scenario

PLAIN = REPOSITORY / "k8s"


def generate(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "helm" / "generate.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_everything_generated_is_up_to_date() -> None:
    done = generate(REPOSITORY)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("helm/colonnade/values.yaml", "helm/colonnade/README.md"),
        ("helm/colonnade/templates/service.yaml", "k8s/base/service-colonnade.yaml"),
        ("k8s/base/service-colonnade.yaml", "k8s/base/service-colonnade.yaml"),
    ],
)
def test_check_reports_files_that_are_out_of_date(tmp_path: Path, path: str, stale: str) -> None:
    for folder in ("helm", "k8s", "docs/dashboards"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    text = (tmp_path / path).read_text()
    (tmp_path / path).write_text(text.replace("port: {{ $s.port }}", "port: 81").replace("port: 80", "port: 8080"))
    done = generate(tmp_path)
    assert done.returncode == 1
    assert stale in done.stderr


def test_the_schema_is_valid_and_allows_no_unknown_values() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    assert schema["properties"].keys() == defaults.keys()
    assert schema["additionalProperties"] is False
    for name in ("django", "postgresql", "ingress", "tls", "metrics"):
        assert schema["properties"][name]["additionalProperties"] is False


def test_chart_and_application_have_the_same_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert chart["appVersion"] == project["version"]
    assert {one["kind"] for one in yaml.safe_load(chart["annotations"]["artifacthub.io/changes"])} <= {
        "added",
        "changed",
        "deprecated",
        "removed",
        "fixed",
        "security",
    }


# --- the plain manifests ---


def plain_objects() -> list[rendering.Object]:
    names = yaml.safe_load((PLAIN / "base" / "kustomization.yaml").read_text())["resources"]
    return [yaml.safe_load((PLAIN / "base" / name).read_text()) for name in names]


def test_plain_manifests_are_complete_and_valid() -> None:
    objects = plain_objects()
    assert not [fault for one in objects for version in schemas.VERSIONS for fault in schemas.faults(one, version)]
    assert policy.findings(objects, provided={"colonnade", "colonnade-sites"}) == []
    assert not [one for one in objects if one["kind"] == "Secret"]


def test_plain_manifests_are_the_default_release() -> None:
    kinds = {one["kind"] for one in render().objects if one["kind"] not in {"Secret", "Job", "Pod", "ConfigMap"}}
    assert {one["kind"] for one in plain_objects()} == kinds


@pytest.mark.parametrize("overlay", sorted(path.name for path in (PLAIN / "overlays").iterdir()))
def test_an_overlay_refers_only_to_existing_objects(overlay: str) -> None:
    folder = PLAIN / "overlays" / overlay
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert kustomization["resources"][0] == "../../base"
    for name in [
        *kustomization["resources"],
        *(f for g in kustomization.get("configMapGenerator", []) for f in g["files"]),
    ]:
        assert (folder / name).exists()
    there = plain_objects()
    for patch in kustomization.get("patches", []):
        target = patch["target"]
        if "kind" in target:
            hit = [one for one in there if one["kind"] == target["kind"]]
        else:
            key, _, text = target["labelSelector"].partition("=")
            hit = [one for one in there if one["metadata"]["labels"].get(key) == text]
        assert hit, target
        names = {c["name"] for one in hit if (spec := rendering.pod_spec(one)) for c in rendering.containers(spec)}
        assert set(re.findall(r"- (?:\{)?name: (release|web|manage)", patch["patch"])) <= names


# --- NOTES.txt ---


def test_notes_say_where_the_sites_are_and_how_to_poll() -> None:
    notes = render(scenario("ingress-certificates")).notes
    assert "https://north.example.org/" in notes
    assert "kubectl -n websites create job poll-now --from=cronjob/demo-colonnade-poll-twitter" in notes
    assert "not routed yet" not in notes


def test_notes_say_when_nothing_is_exposed_and_what_is_kept() -> None:
    notes = render().notes
    assert "cannot be reached from outside the cluster" in notes
    assert "data-demo-colonnade-postgresql-0" in notes
    assert "demo-colonnade-secret-key" in notes


@pytest.mark.parametrize(
    ("values", "word"), [({"django": {"debug": True}}, "debug"), ({"image": {"tag": "latest"}}, "latest")]
)
def test_notes_warn(values: rendering.Values, word: str) -> None:
    assert f"WARNING: {word}" in render(values).notes.replace("django.", "").replace("image.tag=", "")


@pytest.mark.parametrize("name", rendering.SCENARIOS)
def test_commands_in_the_notes_name_objects_that_exist(name: str) -> None:
    rendered = render(scenario(name))
    there = {f"{kind.lower()}/{own}" for kind, own in rendered.names()}
    named = re.findall(r"\b(?:deploy|cronjob|service)/[a-z0-9-]+", rendered.notes)
    assert {one.replace("deploy/", "deployment/") for one in named} <= there
