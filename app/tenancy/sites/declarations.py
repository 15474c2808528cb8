"""A file of declared sites: YAML or JSON in, checked values out. No database.

sites:
  north:                       # the key; it never changes
    domain: north.example
    name: North
    aliases: [www.north.example, {host: "*.north.example", redirect: false}]
    theme: portico             # optional, as are state, colour and settings
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.tenancy.directory import ACTIVE, ARCHIVED, SUSPENDED
from app.tenancy.hosts.names import InvalidHost, normalise_alias, normalise_domain

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LONGEST_DOMAIN, LONGEST_NAME, LONGEST_THEME = 100, 50, 50  # the tables' columns
FIELDS = {"key", "domain", "name", "aliases", "theme", "state", "colour", "settings"}


class InvalidDeclaration(ValueError):
    """The file cannot be used; `problems` names every fault with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class DeclaredSite:
    key: str
    domain: str
    name: str
    aliases: Mapping[str, bool] = field(default_factory=dict)
    """Normalised host → whether it redirects."""
    theme: str = ""
    state: str = ACTIVE
    colour: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def parse(text: str) -> list[DeclaredSite]:
    """The sites that a file declares. Raises `InvalidDeclaration`."""
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # derived from SafeLoader
    except yaml.YAMLError as error:
        raise InvalidDeclaration([f"not valid YAML or JSON: {' '.join(str(error).split())}"]) from None
    if not isinstance(content, dict) or "sites" not in content:
        raise InvalidDeclaration(["nothing is declared: the file needs `sites:`, a map by key or a list"])
    unknown = sorted(set(map(str, content)) - {"sites"})
    problems = [f"{name}: not known here; only `sites` is" for name in unknown]
    sites: list[DeclaredSite] = []
    for place, value in _entries(content["sites"], problems):
        site = _site(place, value, problems)
        if site is not None:
            sites.append(site)
    problems += _clashes(sites)
    if problems:
        raise InvalidDeclaration(problems)
    return sites


def _entries(value: Any, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        pairs: list[tuple[str, Any, str | None]] = [(f"sites.{key}", entry, str(key)) for key, entry in value.items()]
    elif isinstance(value, list):
        pairs = [(f"sites[{number}]", entry, None) for number, entry in enumerate(value)]
    else:
        problems.append("sites: neither a map by key nor a list")
        return
    if not pairs:
        problems.append("sites: empty; declare at least one site")
    for place, entry, key in pairs:
        if not isinstance(entry, dict):
            problems.append(f"{place}: not a map of domain, name, ...")
        elif key is not None and entry.get("key", key) != key:
            problems.append(f"{place}.key: differs from the key {key} that it stands under")
        else:
            yield place, {"key": key, **entry} if key is not None else entry


def _site(place: str, value: dict[str, Any], problems: list[str]) -> DeclaredSite | None:
    before = len(problems)
    problems += [f"{place}.{name}: not known here" for name in sorted(set(map(str, value)) - FIELDS)]
    key = _text(place, value, "key", problems)
    if key and not KEY.fullmatch(key):
        problems.append(f"{place}.key: not 1 to 63 lower-case letters, digits and inner hyphens")
    domain = _text(place, value, "domain", problems)
    if domain:
        domain = _host(f"{place}.domain", domain, normalise_domain, problems)
    name = _text(place, value, "name", problems, default=domain[:LONGEST_NAME])
    if len(domain) > LONGEST_DOMAIN:
        problems.append(f"{place}.domain: longer than {LONGEST_DOMAIN} characters")
    if len(name) > LONGEST_NAME:
        problems.append(f"{place}.name: longer than {LONGEST_NAME} characters")
    state = _text(place, value, "state", problems, default=ACTIVE)
    if state not in {ACTIVE, SUSPENDED, ARCHIVED, ""}:
        problems.append(f"{place}.state: none of active, suspended, archived")
    colour = _text(place, value, "colour", problems, default=" ").strip()
    if colour and not COLOUR.fullmatch(colour):
        problems.append(f"{place}.colour: not a colour such as #1f6f5c")
    settings = value.get("settings") or {}
    if not isinstance(settings, dict):
        problems.append(f"{place}.settings: not a map")
    aliases = _aliases(place, value.get("aliases") or [], problems)
    theme = _text(place, value, "theme", problems, default=" ").strip()
    if theme and (not KEY.fullmatch(theme) or len(theme) > LONGEST_THEME):
        problems.append(f"{place}.theme: not the name of a theme")
    if len(problems) > before:
        return None
    return DeclaredSite(key, domain, name, aliases, theme, state, colour.lower(), settings)


def _text(place: str, value: dict[str, Any], name: str, problems: list[str], default: str = "") -> str:
    given = value.get(name)
    if given is None or given == "":
        if not default:
            problems.append(f"{place}.{name}: missing")
        return default
    if not isinstance(given, str):
        problems.append(f"{place}.{name}: not text; quote it")
        return ""
    return given


def _host(place: str, raw: str, normalise: Any, problems: list[str]) -> str:
    try:
        return str(normalise(raw))
    except InvalidHost as error:
        problems.append(f"{place}: {error.reason}")
        return ""


def _aliases(place: str, value: Any, problems: list[str]) -> dict[str, bool]:
    if not isinstance(value, list):
        problems.append(f"{place}.aliases: not a list")
        return {}
    found: dict[str, bool] = {}
    for number, entry in enumerate(value):
        here = f"{place}.aliases[{number}]"
        facts = {"host": entry} if isinstance(entry, str) else entry
        if not isinstance(facts, dict) or not isinstance(facts.get("host"), str) or set(facts) - {"host", "redirect"}:
            problems.append(f"{here}: neither a host nor a map of host and redirect")
        elif not isinstance(facts.get("redirect", True), bool):
            problems.append(f"{here}.redirect: neither true nor false")
        else:
            host = _host(here, facts["host"], normalise_alias, problems)
            if host in found:
                problems.append(f"{here}: {host} stands there twice")
            if host:
                found[host] = facts.get("redirect", True)
    return found


def _clashes(sites: list[DeclaredSite]) -> list[str]:
    keys = Counter(site.key for site in sites)
    hosts = Counter(host for site in sites for host in (site.domain, *site.aliases))
    return [f"the key {key} stands there {n} times" for key, n in keys.items() if n > 1] + [
        f"the host {host} stands there {n} times" for host, n in hosts.items() if n > 1
    ]


class _StrictLoader(yaml.SafeLoader):
    """YAML says that keys are unique; PyYAML lets the last one win, and a site would vanish in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = Counter(str(key.value) for key, _ in node.value)
        for name, times in names.items():
            if times > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{name} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)
