"""The tables `[options.NAME]` of a `theme.toml`, as options. No Django: the settings read them.

A table with a `type` defines an option; one without changes an option of a parent, for example its default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.tenancy.sites.theme_options import LARGEST, TYPES, UNITS, InvalidOption, ThemeOption

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
CHOICE = re.compile(r"[a-z][a-z0-9-]{0,39}")
#: By type: the keys that only it has.
OWN_KEYS: Mapping[str, tuple[str, ...]] = {"choice": ("choices",), "number": ("min", "max", "unit")}
KEYS = ("type", "default", "label", "help")
Table = Mapping[str, Any]


class InvalidTable(ValueError):
    """An option that cannot be used. `problems` complete the sentence "the option 'x' ..."."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def read_options(own: Table, inherited: Sequence[Table]) -> tuple[tuple[ThemeOption, ...], list[str]]:
    """The options of a theme from its tables and those of its parents, the nearest first; and what is wrong with its
    own ones. Faults of a parent are the parent's."""
    before = _merged({}, *reversed(inherited))
    options: dict[str, ThemeOption] = {}
    problems: list[str] = []
    for name, table in before.items():
        try:
            options[name] = _option(name, table)
        except InvalidTable:
            continue
    for name, table in own.items():
        if name in before and name not in options and "type" not in table:
            continue
        try:
            options[name] = _option(name, _merged(before, {name: table})[name])
        except InvalidTable as fault:
            problems += [f"the option {name!r} {problem}." for problem in fault.problems]
    return tuple(options.values()), problems


def _merged(first: Table, *others: Table) -> dict[str, Any]:
    merged = dict(first)
    for tables in others:
        for name, table in tables.items():
            is_change = isinstance(table, dict) and "type" not in table and isinstance(merged.get(name), dict)
            merged[name] = {**merged[name], **table} if is_change else table
    return merged


def _option(name: str, table: Any) -> ThemeOption:
    if not NAME.fullmatch(name):
        raise InvalidTable("has no valid name: up to 40 lower-case letters, digits and underscores, a letter first")
    if not isinstance(table, dict):
        raise InvalidTable("is not a table")
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise InvalidTable(
            f"has {'no type' if kind is None else f'the type {kind!r}'}; must be one of {', '.join(TYPES)}"
        )
    known = (*KEYS, *OWN_KEYS.get(kind, ()))
    problems = [f"has the key {key!r}, which a {kind} has not" for key in sorted(table.keys() - set(known))]
    not_texts = [key for key in ("label", "help") if not isinstance(table.get(key, ""), str)]
    problems += [f"has a {key} that is not a text" for key in not_texts]
    if "default" not in table:
        problems.append("needs a default")
    if problems:
        raise InvalidTable(*problems)
    values: dict[str, Any] = {"name": name, "label": table.get("label") or name.replace("_", " ").capitalize()}
    values |= {"help": table.get("help", ""), "default": table["default"], **READ.get(kind, _nothing)(table)}
    try:
        values["default"] = TYPES[kind](**values).clean(table["default"])
    except InvalidOption as fault:
        raise InvalidTable(f"has the default {table['default']!r}, which {fault}") from None
    return TYPES[kind](**values)


def _choices(table: Table) -> dict[str, Any]:
    choices = table.get("choices")
    if not isinstance(choices, list) or not choices or len(set(map(str, choices))) < len(choices):
        raise InvalidTable("needs choices: a list of different texts")
    for choice in choices:
        # SECURITY: choices are written into a style element.
        if not isinstance(choice, str) or not CHOICE.fullmatch(choice):
            raise InvalidTable(f"has the choice {choice!r}; use lower-case letters, digits and hyphens")
    return {"choices": tuple(choices)}


def _range(table: Table) -> dict[str, Any]:
    least, most, unit = table.get("min", -LARGEST), table.get("max", LARGEST), table.get("unit", "")
    for key, value in (("min", least), ("max", most)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            raise InvalidTable(f"has a {key} that is not a number from -{LARGEST} to {LARGEST}")
    if least > most:
        raise InvalidTable(f"has a min above its max: {least:g} and {most:g}")
    if unit not in UNITS:  # SECURITY: units are written into a style element
        raise InvalidTable(f"has the unit {unit!r}; must be one of {', '.join(filter(None, UNITS))}")
    return {"minimum": least, "maximum": most, "unit": unit}


def _nothing(_: Table) -> dict[str, Any]:
    return {}


READ: Mapping[str, Callable[[Table], dict[str, Any]]] = {"choice": _choices, "number": _range}
