"""The chart's values since the last release, and what UPGRADING.md says about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # Any: values.yaml and its schema are any YAML and JSON

import yaml

from releases.commands import run
from releases.versions import parse

CHART = "helm/colonnade"
GUIDE = f"{CHART}/UPGRADING.md"
#: Words of JSON Schema that accept and refuse nothing, and those with a schema per name.
WITHOUT_EFFECT = {"$comment", "default", "definitions", "description", "examples", "title"}
BY_NAME = {"dependencies", "patternProperties", "properties"}


@dataclass(frozen=True)
class Changes:
    """Keys of values.yaml, with dots between their parts."""

    removed: frozenset[str]
    changed: frozenset[str]
    added: frozenset[str]


def problems(root: Path, version: str, tag: str) -> list[str]:
    """What of the difference to the release of `tag` is missing in UPGRADING.md, or needs another version."""
    old = _flat(yaml.safe_load(_at(root, tag, "values.yaml")))
    new = _flat(yaml.safe_load((root / CHART / "values.yaml").read_text()))
    schemas = (_at(root, tag, "values.schema.json"), (root / CHART / "values.schema.json").read_text())
    before, after = (_resolved(schema, schema.get("definitions", {})) for schema in map(json.loads, schemas))
    changes = compare(old, new, _redefined(before, after))
    return [*_unmentioned(root, version, changes), *_too_small(version, tag, changes)]


def compare(old: dict[str, Any], new: dict[str, Any], redefined: frozenset[str] = frozenset()) -> Changes:
    """The difference of two flat maps of values; `redefined` are keys with another schema."""
    both = old.keys() & new.keys()
    changed = {key for key in both if old[key] != new[key] or type(old[key]) is not type(new[key])}
    removed = frozenset(old.keys() - new.keys())
    return Changes(removed, frozenset(changed | redefined) - removed, frozenset(new.keys() - old.keys()))


def _at(root: Path, tag: str, file: str) -> str:
    return run("git", "show", f"{tag}:{CHART}/{file}", folder=root)


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(values, dict) or not values:  # an empty map is a value
        return {prefix.removesuffix("."): values}
    return {key: value for name, below in values.items() for key, value in _flat(below, f"{prefix}{name}.").items()}


def _resolved(schema: Any, definitions: dict[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """A schema with its definitions in the place of each `$ref`, and without what accepts and refuses nothing."""
    if isinstance(schema, list):
        return [_resolved(one, definitions, inside) for one in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/definitions/")
    if name in definitions and name not in inside:
        rest = {word: below for word, below in schema.items() if word != "$ref"}
        return _resolved({**definitions[name], **rest}, definitions, (*inside, name))
    found = {word: below for word, below in schema.items() if word not in WITHOUT_EFFECT}
    for word, below in found.items():
        if word in BY_NAME:
            found[word] = {key: _resolved(one, definitions, inside) for key, one in below.items()}
        elif word not in {"enum", "const"}:  # their values are no schemas
            found[word] = _resolved(below, definitions, inside)
    return found


def _redefined(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> frozenset[str]:
    """Keys that no longer accept a type or a value that they accepted, or whose own schema differs in another way."""
    found: set[str] = set()
    for name, below in new.get("properties", {}).items():
        before = old.get("properties", {}).get(name)
        if before is None:
            continue
        found |= _redefined(before, below, f"{prefix}{name}.")
        narrower = any(_permitted(before, word) - _permitted(below, word) for word in ("enum", "type") if word in below)
        if narrower or _others(before) != _others(below):
            found.add(f"{prefix}{name}")
    return frozenset(found)


def _others(schema: dict[str, Any]) -> dict[str, Any]:
    return {word: below for word, below in schema.items() if word not in {"type", "enum", "properties"}}


def _permitted(schema: dict[str, Any], word: str) -> set[str]:
    given = schema.get(word, "any other")
    return {json.dumps(one) for one in (given if isinstance(given, list) else [given])}


def _unmentioned(root: Path, version: str, changes: Changes) -> list[str]:
    """A key is mentioned by itself or by a key above it, in backquotes, in the section of the version."""
    text = (root / GUIDE).read_text()
    section = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    names = set(re.findall(r"`([A-Za-z0-9_.-]+)`", section[1] if section else ""))
    reasons = dict.fromkeys(changes.removed, "was removed") | dict.fromkeys(changes.changed, "changed")
    return [
        f"{GUIDE}, section `## {version}`: `{key}` {reason} and is not mentioned."
        for key, reason in sorted(reasons.items())
        if not any(key == name or key.startswith(f"{name}.") for name in names)
    ]


def _too_small(version: str, tag: str, changes: Changes) -> list[str]:
    """Removed values need a new major version (a minor one before 1.0.0); other changes a minor one."""
    old, new = parse(tag[1:]), parse(version)
    if changes.removed and new[0] == old[0] and (old[0] or new[1] == old[1]):
        needed = "major" if old[0] else "minor"
        return [f"Values were removed since {tag}: this needs a new {needed} version, not {version}."]
    if (changes.changed or changes.added) and new[:2] == old[:2]:
        return [f"Values were added or changed since {tag}: this needs a new minor version, not {version}."]
    return []
