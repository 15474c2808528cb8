"""The rules for the parts of a site: one function a part, used by model fields, forms, commands and files alike.

Each returns the stored spelling, or raises `ValidationError` with a message for an operator.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from app.tenancy.headers.rules import clean_headers
from app.tenancy.hosts.names import InvalidHost, normalise_alias, normalise_domain
from app.tenancy.hosts.snapshot import STATES
from app.tenancy.site_apps import clean_apps
from app.tenancy.sites.robots import clean_robots
from app.tenancy.sites.theme_options import InvalidOption, stored_options
from app.tenancy.sites.themes import theme_names, theme_of
from app.tenancy.sites.values.registered import clean_values

#: Control characters, halves of characters, and ends of lines.
NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
KEY = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
COLOUR = r"#[0-9a-f]{6}"
MAX_DOMAIN, MAX_NAME, MAX_ALIAS = 100, 50, 255  # the columns of contrib.sites and of Alias


def clean_domain(raw: str) -> str:
    return _host(raw, "domain", normalise_domain, MAX_DOMAIN)


def clean_alias(raw: str) -> str:
    return _host(raw, "alias", normalise_alias, MAX_ALIAS)


def clean_aliases(aliases: Iterable[tuple[str, bool]]) -> dict[str, bool]:
    """Host → whether it redirects. Raises one `ValidationError` for all faults."""
    clean: dict[str, bool] = {}
    faults: list[ValidationError] = []
    for raw, redirects in aliases:
        try:
            host = clean_alias(raw)
        except ValidationError as fault:
            faults.append(fault)
            continue
        if host in clean:
            faults.append(ValidationError(f"Duplicate alias {host}."))
        clean[host] = redirects
    if faults:
        raise ValidationError(faults)
    return clean


def clean_key(raw: str) -> str:
    if not re.fullmatch(KEY, raw):
        raise ValidationError(f"{raw!r} is not a key: 1 to 63 lower-case letters, digits and inner hyphens.")
    return raw


def validate_key(value: str) -> None:
    """For the model field, whose validators return nothing; so are the next two."""
    clean_key(value)


def validate_theme(value: str) -> None:
    clean_theme(value)


def validate_colour(value: str) -> None:
    clean_colour(value)


def clean_name(raw: str) -> str:
    name = raw.strip()
    if not name:
        raise ValidationError("A site needs a name.")
    if len(name) > MAX_NAME:
        raise ValidationError(f"The name is longer than {MAX_NAME} characters.")
    # Not `isprintable`: it refuses no-break spaces and the joiners of emoji too.
    if any(unicodedata.category(character) in NOT_IN_A_LINE for character in name):
        raise ValidationError("The name must be a text in one line without control characters.")
    return name


def clean_colour(raw: str) -> str:
    colour = raw.strip().lower()
    if colour and not re.fullmatch(COLOUR, colour):
        raise ValidationError(f"{raw!r} is not a colour such as #1f6f5c.")
    return colour


def clean_state(raw: str) -> str:
    if raw not in STATES:
        raise ValidationError(f"{raw!r} is not a state; must be one of {', '.join(STATES)}.")
    return raw


def clean_theme(raw: str) -> str:
    """An empty theme is the default one."""
    if raw and raw not in theme_names():
        raise ValidationError(f"There is no theme {raw!r}; must be one of {', '.join(theme_names())}.")
    return raw


def clean_settings(raw: Any, stored: Any = None) -> dict[str, Any]:
    """A setting with its `stored` value is not checked: what an operator no longer allows, or an app that is gone,
    would refuse every other change."""
    if not isinstance(raw, dict):
        raise ValidationError("The settings are not a map.")
    before = stored if isinstance(stored, Mapping) else {}
    changed = {name: value for name, value in raw.items() if name not in before or before[name] != value}
    if "headers" in changed:
        clean_headers(changed["headers"])
    if not isinstance(raw.get("options", {}), dict):
        raise ValidationError("options: must be a map.")
    if "apps" in changed:
        clean_apps(changed["apps"])
    if "robots" in changed:
        clean_robots(changed["robots"])
    cleaned = clean_values(changed)
    _refuse_what_json_lacks(changed)
    return {**{name: before[name] for name in raw if name not in changed}, **cleaned}


def _refuse_what_json_lacks(changed: Mapping[Any, Any]) -> None:
    """Raises one `ValidationError` that names every setting that PostgreSQL could not store."""
    faults = {name: _not_storable(value) or _not_storable(name) for name, value in changed.items()}
    faults |= {name: "the name must be text; quote it" for name in changed if not isinstance(name, str)}
    found = [f"{name!r}: {fault}." for name, fault in faults.items() if fault]
    if found:
        raise ValidationError(found)


def _not_storable(value: Any) -> str:
    """Why a value cannot be in a JSON column; empty if it can."""
    match value:
        case str():
            has_halves = any(unicodedata.category(character) == "Cs" for character in value)
            return "must not contain NUL or half of a character" if "\0" in value or has_halves else ""
        case float():
            return "" if math.isfinite(value) else "must be a finite number"
        case bool() | int() | None:
            return ""
        case Mapping():
            names = "" if all(isinstance(name, str) for name in value) else "names must be text; quote them"
            return names or next(filter(None, map(_not_storable, (*value, *value.values()))), "")
        case list() | tuple():
            return next(filter(None, map(_not_storable, value)), "")
        case _:
            return f"{value!r} is neither text nor a number; quote it if it is text"


def clean_options(theme: str, settings: Mapping[str, Any], stored: Any) -> dict[str, Any]:
    """The settings of a site with the options of its theme in their stored spelling.

    An option with its `stored` value is not checked: it may be for another theme, or for the one of another version.
    Raises one `ValidationError` with all faults.
    """
    if "options" not in settings:
        return dict(settings)
    known = {option.name: option for option in theme_of(theme).options}
    before = stored_options(stored)
    clean: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in settings["options"].items():
        if name in before and before[name] == value:
            clean[name] = before[name]
        elif name not in known:
            names = f"must be one of {', '.join(known)}" if known else "the theme has none"
            faults.append(f"options.{name}: unknown; {names}.")
        else:
            try:
                clean[name] = known[name].clean(value)
            except InvalidOption as fault:
                faults.append(f"options.{name}: {fault}.")
    if faults:
        raise ValidationError(faults)
    return {**settings, "options": clean}


def _host(raw: str, kind: str, normalise: Any, longest: int) -> str:
    try:
        host = str(normalise(raw))
    except InvalidHost as error:
        meant = _domain_of_address(raw)
        if meant:
            raise ValidationError(f"{raw!r} is an address; its domain is {meant}.") from None
        raise ValidationError(f"{raw!r} is not a valid {kind}: {error.reason}.") from None
    if len(host) > longest:
        raise ValidationError(f"The {kind} is longer than {longest} characters.")
    return host


def _domain_of_address(raw: str) -> str:
    """The domain of text such as `https://Example.org/path`, or nothing."""
    if "/" not in raw:
        return ""
    try:
        return normalise_domain(urlsplit(raw if "//" in raw else f"//{raw}").hostname or "")
    except ValueError:  # InvalidHost is one
        return ""
