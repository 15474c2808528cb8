"""Checks objects with the schemas of clusters: Kubernetes by version, custom resources from crds/."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

VERSIONS = [f"1.{minor}" for minor in range(30, 38)]
KUBERNETES = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
CUSTOM = {
    (kept["apiVersion"], path.stem): kept["schema"]
    for path in (Path(__file__).parent / "crds").glob("*.json")
    for kept in [json.loads(path.read_text())]
}


def faults(item: dict[str, Any], version: str) -> list[str]:
    """The errors that the API server of this version would report, each with its path."""
    validator = _validator(item["apiVersion"], item["kind"].lower(), version)
    return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(item)]


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Draft202012Validator:
    if (api_version, kind) in CUSTOM:
        return Draft202012Validator(CUSTOM[api_version, kind])
    folder = KUBERNETES / f"v{version}.0-local-strict"
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = json.loads((folder / f"{kind}-{group}.json").read_text())
    return Draft202012Validator(schema, registry=_definitions(version))


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    path = KUBERNETES / f"v{version}.0-local-strict" / "_definitions.json"
    return Resource.from_contents(json.loads(path.read_text())) @ Registry()
