"""Generates from the chart: its schema, the table in its README, its files/ and the plain manifests in k8s/.

`python helm/generate.py` writes the files. `--check` writes nothing; it prints the files that would change and exits
with 1.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # Any: values.yaml can contain any YAML

import helm_python
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
CHART = REPOSITORY / "helm" / "colonnade"
PLAIN = REPOSITORY / "k8s"
DASHBOARD = REPOSITORY / "docs" / "dashboards" / "colonnade.json"
HEADER = "# Generated from helm/colonnade by `make manifests`. Change the chart or k8s/values.yaml, not this file.\n"
# Only Helm reads these labels, or they would change every file with every version.
HELM_ONLY_LABELS = {"helm.sh/chart", "app.kubernetes.io/managed-by"}


@dataclass(frozen=True)
class Value:
    """One key of values.yaml with its comments."""

    path: str
    default: Any
    description: str
    schema: dict[str, Any]
    free: bool
    children: list[Value]

    @property
    def is_leaf(self) -> bool:
        return not self.children

    @property
    def is_map(self) -> bool:
        """A map whose keys are the user's, such as `cronJobs`."""
        return isinstance(self.schema.get("additionalProperties"), dict)


def read_values(text: str) -> list[Value]:
    tree = yaml.compose(text)
    if not isinstance(tree, yaml.MappingNode):
        raise SystemExit("values.yaml: must be a map.")
    return list(_children(tree, "", text.splitlines()))


def _children(node: yaml.MappingNode, prefix: str, lines: list[str]) -> Iterator[Value]:
    for key, value in node.value:
        path = f"{prefix}{key.value}"
        description, schema, free = _comments(lines, key.start_mark.line)
        nested = isinstance(value, yaml.MappingNode) and not value.flow_style and not free
        children = list(_children(value, f"{path}.", lines)) if nested else []
        if not description and not children:
            raise SystemExit(f"values.yaml: {path} has no `# --` line.")
        default = yaml.safe_load(yaml.serialize(value))
        yield Value(path, default, description, schema, free, children)


def _comments(lines: list[str], line: int) -> tuple[str, dict[str, Any], bool]:
    block: list[str] = []
    while line and (comment := lines[line - 1].strip()).startswith("#"):
        block.insert(0, comment[1:].strip())
        line -= 1
    description: list[str] = []
    schema: dict[str, Any] = {}
    free = False
    for text in block:
        if text.startswith("-- "):
            description = [text[3:]]
        elif text == "@ free":
            free = True
        elif text.startswith("@ "):
            schema = yaml.safe_load(text[2:])
        elif description:
            description.append(text)
    return " ".join(description), schema, free


def schema_of(values: list[Value], *, strict: bool = True) -> dict[str, Any]:
    properties = {value.path.rpartition(".")[2]: _schema_of_value(value) for value in values}
    return {"type": "object", "properties": properties, "additionalProperties": not strict}


def _schema_of_value(value: Value) -> dict[str, Any]:
    if "$ref" in value.schema or "oneOf" in value.schema:
        return value.schema
    if value.is_map:
        return {"type": "object", **value.schema}
    if value.children:
        return {**schema_of(value.children), **value.schema}
    typed = {} if {"enum", "anyOf", "type"} & value.schema.keys() else _type_of(value)
    return {**typed, **value.schema}


def _type_of(value: Value) -> dict[str, Any]:
    match value.default:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array"}
        case dict():
            return {"type": "object"}
    raise SystemExit(f"values.yaml: {value.path} is null. Add a `# @` line with its type.")


def schema() -> str:
    """Compact and without descriptions, which are in values.yaml: Helm stores it in every revision of a release."""
    whole = schema_of(read_values((CHART / "values.yaml").read_text()))
    definitions = yaml.safe_load((CHART.parent / "definitions.yaml").read_text())
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart colonnade"}
    return json.dumps({**head, **whole, "definitions": definitions}, separators=(",", ":")) + "\n"


def defaults() -> str:
    """The default of every value that a template needs: a section as a map, a value as a list with one item.

    Helm removes a key that the user sets to null, and `--reuse-values` lacks the keys of a newer chart.
    """
    return json.dumps(_defaults(read_values((CHART / "values.yaml").read_text())), separators=(",", ":")) + "\n"


def _defaults(values: list[Value]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in values:
        name = value.path.rpartition(".")[2]
        if value.children and not value.is_map:
            found[name] = _defaults(value.children)
        elif not value.free and "null" not in value.schema.get("type", ""):  # these may be null
            found[name] = [value.default]
    return found


def dashboard() -> str:
    return json.dumps(json.loads(DASHBOARD.read_text()), separators=(",", ":")) + "\n"


def readme() -> str:
    rows = [
        f"| `{value.path}` | `{_cell(json.dumps(value.default))}` | {_cell(value.description)} |"
        for value in _leaves(read_values((CHART / "values.yaml").read_text()))
    ]
    table = "\n".join(["| value | default | |", "|---|---|---|", *rows])
    text = (CHART.parent / "README.md.in").read_text()
    return text.replace("@VALUES@", table)


def _leaves(values: list[Value]) -> Iterator[Value]:
    for value in values:
        if value.is_leaf:
            yield value
        else:
            yield from _leaves(value.children)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def manifests() -> dict[str, str]:
    """The default release as plain files, for `kubectl apply -k`."""
    values = yaml.safe_load((PLAIN / "values.yaml").read_text())
    chart = helm_python.Chart.load(CHART)
    rendered = chart.render(values=values, name="colonnade", namespace="colonnade")
    files: dict[str, str] = {}
    for source in sorted(rendered):
        if source.endswith("NOTES.txt") or "/tests/" in source:
            continue
        for document in re.split(r"^---\n", rendered[source], flags=re.MULTILINE):
            if item := yaml.safe_load(document):
                files[f"{item['kind'].lower()}-{item['metadata']['name']}.yaml"] = _plain(item)
    names = "".join(f"  - {name}\n" for name in sorted(files))
    files["kustomization.yaml"] = (
        f"{HEADER}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{names}"
        "configMapGenerator:\n  - {name: colonnade-sites, files: [sites.yaml]}\n"
        "# The name never changes: a changed list of sites must not change the pods that read it.\n"
        "generatorOptions: {disableNameSuffixHash: true}\n"
    )
    return files


def _plain(item: dict[str, Any]) -> str:
    labels = item["metadata"]["labels"]
    item["metadata"]["labels"] = {key: labels[key] for key in sorted(labels.keys() - HELM_ONLY_LABELS)}
    annotations = item["metadata"].get("annotations", {})
    kept = {key: text for key, text in annotations.items() if not key.startswith("helm.sh/")}
    item["metadata"].pop("annotations", None)
    if kept:
        item["metadata"]["annotations"] = kept
    return HEADER + yaml.safe_dump(item, sort_keys=False, width=200)


def inputs() -> dict[Path, str]:
    """What Helm reads when it renders the manifests."""
    files = {"values.schema.json": schema(), "files/defaults.json": defaults(), "files/dashboard.json": dashboard()}
    return {CHART / name: text for name, text in files.items()}


def generated() -> dict[Path, str]:
    files = {**inputs(), CHART / "README.md": readme()}
    return {**files, **{PLAIN / "base" / name: text for name, text in manifests().items()}}


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        for path, text in inputs().items():
            path.write_text(text)
    files = generated()
    obsolete = {path for path in (PLAIN / "base").glob("*") if path not in files and path.name != "sites.yaml"}
    changed = sorted(path for path, text in files.items() if not path.exists() or path.read_text() != text)
    if "--check" in arguments:
        for path in [*changed, *sorted(obsolete)]:
            sys.stderr.write(f"{path.relative_to(REPOSITORY)} is out of date. Run `make manifests`.\n")
        return 1 if changed or obsolete else 0
    (PLAIN / "base").mkdir(parents=True, exist_ok=True)
    for path in changed:
        path.write_text(files[path])
    for path in obsolete:
        path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
