"""A file of declared sites: YAML or JSON in, specifications out. No database.

sites:
  north:                       # the key; it never changes
    domain: north.example
    name: North
    aliases: [www.north.example, {host: "*.north.example", redirect: false}]
    theme: portico             # optional, as are state, colour and settings
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.core.exceptions import ValidationError

from app.tenancy.sites.specification import CLEAN, SiteSpecification, specify

TEXT_FIELDS = ("key", "domain", "name", "theme", "state", "colour")


class InvalidDeclaration(ValueError):
    """The file cannot be used; `problems` names every fault with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class Declarations:
    """The valid sites of a file, and a line for every other thing in it."""

    sites: list[SiteSpecification] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    named_settings: dict[str, frozenset[str]] = field(default_factory=dict)
    """Key of a site → the settings that its entry names, also those that it empties."""


def parse(text: str) -> Declarations:
    """What a file declares. Raises `InvalidDeclaration` if it holds no list or map of sites."""
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # derived from SafeLoader
    except yaml.YAMLError as error:
        raise InvalidDeclaration([f"not valid YAML or JSON: {' '.join(str(error).split())}"]) from None
    except RecursionError:
        raise InvalidDeclaration(["not valid YAML or JSON: maps and lists are nested too deeply"]) from None
    if not isinstance(content, dict) or "sites" not in content:
        raise InvalidDeclaration(["nothing is declared: the file needs `sites:`, a map by key or a list"])
    declared = Declarations()
    declared.problems += [f"{name}: unknown; only `sites` is allowed here" for name in _unknown(content, {"sites"})]
    for place, value in _entries(content["sites"], declared.problems):
        try:
            site = specification_from(value)
        except ValidationError as fault:
            declared.problems += [
                f"{place}.{name}{'' if message.startswith('[') else ': '}{message}"
                for name, messages in fault.message_dict.items()
                for message in messages
            ]
        else:
            declared.sites.append(site)
            declared.named_settings[site.key] = frozenset(value.get("settings") or ())
    return declared


def _entries(value: Any, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        pairs: list[tuple[str, Any, str | None]] = [(f"sites.{key}", entry, str(key)) for key, entry in value.items()]
    elif isinstance(value, list):
        pairs = [(f"sites[{number}]", entry, None) for number, entry in enumerate(value)]
    else:
        problems.append("sites: must be a map by key or a list")
        return
    if not pairs:
        problems.append("sites: empty; declare at least one site")
    for place, entry, key in pairs:
        if not isinstance(entry, dict):
            problems.append(f"{place}: must be a map of domain, name, ...")
        elif key is not None and entry.get("key", key) != key:
            problems.append(f"{place}.key: must be {key}, as above it")
        else:
            yield place, {"key": key, **entry} if key is not None else entry


def specification_from(value: dict[str, Any]) -> SiteSpecification:
    """The site of one entry. Raises `ValidationError` with every faulty field."""
    faults = {name: ["unknown field"] for name in _unknown(value, set(CLEAN))}
    given = {str(name): entry for name, entry in value.items() if entry is not None and entry != ""}
    faults |= {name: ["missing"] for name in ("key", "domain") if name not in given}
    faults |= {name: ["must be text; quote it"] for name in TEXT_FIELDS if not isinstance(given.get(name, ""), str)}
    if "aliases" in given:
        given["aliases"], problems = _aliases(given["aliases"])
        if problems:
            faults["aliases"] = problems
    usable = {name: entry for name, entry in given.items() if name in CLEAN and name not in faults}
    try:
        site = specify(**usable)
    except ValidationError as fault:
        faults |= fault.message_dict
    if faults:
        raise ValidationError({name: list(messages) for name, messages in faults.items()})
    return site


def _aliases(value: Any) -> tuple[list[tuple[str, bool]], list[str]]:
    if not isinstance(value, list):
        return [], ["must be a list"]
    aliases: list[tuple[str, bool]] = []
    problems: list[str] = []
    for number, entry in enumerate(value):
        alias = {"host": entry} if isinstance(entry, str) else entry
        if not isinstance(alias, dict) or not isinstance(alias.get("host"), str) or set(alias) - {"host", "redirect"}:
            problems.append(f"[{number}] must be a host or a map of host and redirect")
        elif not isinstance(alias.get("redirect", True), bool):
            problems.append(f"[{number}].redirect must be true or false")
        else:
            aliases.append((alias["host"], alias.get("redirect", True)))
    return aliases, problems


def _unknown(value: dict[Any, Any], known: set[str]) -> list[str]:
    return sorted(set(map(str, value)) - known)


class _StrictLoader(yaml.SafeLoader):
    """YAML requires unique keys; PyYAML keeps the last one, and a site would be lost without a message.

    A map or a list that contains itself is refused: no site has such a value, and checking it would not end.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._open_anchors: list[str | None] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        place: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent) and event.anchor in self._open_anchors:
            problem = f"the alias *{event.anchor} is inside of what it stands for"
            raise yaml.composer.ComposerError(None, None, problem, place)
        self._open_anchors.append(event.anchor)
        try:
            return super().compose_node(parent, index)
        finally:
            self._open_anchors.pop()

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            # What Python's own constructors say to a scalar that only looks like a time, a number or its tag.
            if not isinstance(node, yaml.ScalarNode):
                raise
            problem = f"{node.value!r} is not a valid {node.tag.rpartition(':')[2]}; quote it if it is text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "this is no map", node.start_mark)
        names = Counter(str(key.value) for key, _ in node.value)
        for name, times in names.items():
            if times > 1:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate {name}", node.start_mark)
        return super().construct_mapping(node, deep)
