"""The chart, rendered by Helm: by the library in the requirements, and by every helm on PATH or in HELM_BIN."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
import yaml
from helm_python import _native

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "helm" / "colonnade"
SCENARIOS = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
Values = dict[str, Any]
Object = dict[str, Any]  # a Kubernetes object; the tests check its structure
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(Exception):
    """Helm refused the values; the message comes from the schema or from a `fail`."""


@dataclass(frozen=True)
class Rendered:
    objects: list[Object]
    notes: str

    def of(self, kind: str, name: str = "") -> Object:
        found = [one for one in self.kind(kind) if not name or one["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} times {kind} {name}"
        return found[0]

    def kind(self, kind: str) -> list[Object]:
        return [one for one in self.objects if one["kind"] == kind]

    def names(self) -> set[tuple[str, str]]:
        return {identity(one) for one in self.objects}


def identity(item: Object) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


@functools.cache
def _chart() -> helm_python.Chart:
    return helm_python.Chart.load(CHART)


def sources(values: Values | None = None, *, release: str = "demo", upgrade: bool = False) -> dict[str, str]:
    """Template path → text, rendered by the library."""
    options = {"name": release, "namespace": "websites", "kube_version": "v1.34.0", "is_upgrade": upgrade}
    payload = json.dumps(values or {})
    try:
        text = _native.call_string("helm_render", _chart()._raw(), payload, json.dumps(options))
    except helm_python.HelmError as error:
        raise Refused(str(error)) from None
    return dict(json.loads(text))


def render(values: Values | None = None, *, release: str = "demo", upgrade: bool = False) -> Rendered:
    texts = sources(values, release=release, upgrade=upgrade)
    notes = next(text for name, text in texts.items() if name.endswith("NOTES.txt"))
    return Rendered(
        [one for name, text in sorted(texts.items()) if name.endswith(".yaml") for one in parse(text)], notes
    )


def parse(text: str) -> Iterator[Object]:
    return (one for one in yaml.load_all(text, Loader=LOADER) if one)  # both loaders are safe


def scenario(name: str) -> Values:
    return dict(yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text()) or {})


def helms() -> list[str]:
    """The path of every helm program on this machine."""
    named = [os.environ["HELM_BIN"]] if "HELM_BIN" in os.environ else []
    found = [shutil.which(name) for name in ("helm", "helm3", "helm4")]
    return sorted({str(Path(path).resolve()) for path in [*named, *found] if path})


def render_by(helm: str, values: Values, *, release: str = "demo") -> list[Object]:
    command = [
        helm,
        "template",
        release,
        str(CHART),
        "--namespace",
        "websites",
        "--values",
        "-",
        "--kube-version",
        "1.34.0",
    ]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return list(parse(done.stdout))


# --- pods of every kind of object ---


def pods(objects: list[Object]) -> list[tuple[str, Object]]:
    """(object, pod spec) of everything that runs pods."""
    return [(f"{one['kind']} {one['metadata']['name']}", spec) for one in objects if (spec := pod_spec(one))]


def pod_spec(item: Object) -> Object | None:
    template = pod_template(item)
    return template["spec"] if template else None


def pod_template(item: Object) -> Object | None:
    match item["kind"]:
        case "Pod":
            return item
        case "CronJob":
            return dict(item["spec"]["jobTemplate"]["spec"]["template"])
        case "Deployment" | "StatefulSet" | "Job":
            return dict(item["spec"]["template"])
    return None


def containers(spec: Object) -> list[Object]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def environment(container: Object) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container.get("env", [])}


def web(rendered: Rendered) -> Object:
    return next(
        one for one in rendered.of("Deployment")["spec"]["template"]["spec"]["containers"] if one["name"] == "web"
    )
