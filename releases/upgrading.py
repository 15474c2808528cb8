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
    narrower = _narrower(
        json.loads(_at(root, tag, "values.schema.json")), json.loads((root / CHART / "values.schema.json").read_text())
    )
    changes = compare(old, new, narrower)
    return [*_unmentioned(root, version, changes), *_too_small(version, tag, changes)]


def compare(old: dict[str, Any], new: dict[str, Any], narrower: frozenset[str] = frozenset()) -> Changes:
    """The difference of two flat maps of values."""
    both = old.keys() & new.keys()
    changed = {key for key in both if old[key] != new[key] or type(old[key]) is not type(new[key])}
    return Changes(
        frozenset(old.keys() - new.keys()), frozenset(changed | (narrower & both)), frozenset(new.keys() - old.keys())
    )


def _at(root: Path, tag: str, file: str) -> str:
    return run("git", "show", f"{tag}:{CHART}/{file}", folder=root)


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(values, dict) or not values:  # an empty map is a value
        return {prefix.removesuffix("."): values}
    return {key: value for name, below in values.items() for key, value in _flat(below, f"{prefix}{name}.").items()}


def _narrower(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> frozenset[str]:
    """Keys that no longer accept a type or a value that they accepted."""
    found: set[str] = set()
    for name, below in new.get("properties", {}).items():
        before = old.get("properties", {}).get(name)
        if before is None:
            continue
        found |= _narrower(before, below, f"{prefix}{name}.")
        if any(_permitted(before, word) - _permitted(below, word) for word in ("enum", "type") if word in below):
            found.add(f"{prefix}{name}")
    return frozenset(found)


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
