"""Values of a site on the command line of `sites add` and `sites set`."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from app.tenancy.sites.specification import SiteSpecification
from app.tenancy.sites.theme_options import InvalidOption, stored_options
from app.tenancy.sites.themes import theme_of


def add_value_options(parser: CommandParser, *, with_removal: bool) -> None:
    parser.add_argument("--theme", help="a theme's name; empty for the default")
    parser.add_argument("--colour", help="such as #1f6f5c")
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("--app", metavar="LABEL", dest="with_apps", help="an app per site that it gets", **many)
    if with_removal:
        parser.add_argument("--no-app", metavar="LABEL", dest="without_apps", help="one that it loses", **many)
    parser.add_argument(
        "--option",
        metavar="NAME=VALUE",
        dest="theme_options",
        help="an option of the theme; without a value its default",
        **many,
    )
    parser.add_argument(
        "--setting",  # not "settings": that is Django's own option
        type=_setting,
        metavar="NAME=JSON",
        dest="site_settings",
        help="a value of the site's settings, which replaces the stored one: 'headers={\"hsts_seconds\": 300}'",
        **many,
    )


def given_values(options: Mapping[str, Any], stored: SiteSpecification) -> dict[str, Any]:
    """The values for `specify` that are on the command line. Raises `ValidationError`."""
    names = ("key", "name", "theme", "colour")
    values = {name: options[name] for name in names if options.get(name) is not None}
    if options["site_settings"]:
        values["settings"] = {**stored.settings, **dict(options["site_settings"])}
    values = _with_apps(values, stored, set(options["with_apps"]), set(options.get("without_apps", ())))
    return _with_options(values, stored, options["theme_options"])


def _with_apps(values: dict[str, Any], stored: SiteSpecification, on: set[str], off: set[str]) -> dict[str, Any]:
    if not on and not off:
        return values
    settings = values.get("settings", stored.settings)
    apps = settings.get("apps", [])
    if on & off:
        raise ValidationError(f"--app and --no-app both name {sorted(on & off)[0]!r}.")
    if missing := off.difference(apps):
        raise ValidationError(f"--no-app {sorted(missing)[0]}: the site does not have this app.")
    return {**values, "settings": {**settings, "apps": sorted(on.union(apps) - off)}}


def _with_options(values: dict[str, Any], stored: SiteSpecification, given: Sequence[str]) -> dict[str, Any]:
    """Values for `specify`, with options of the theme in their settings. An empty value removes the stored one.

    Raises `ValidationError`. Names and values that no theme has are left for `specify`.
    """
    if not given:
        return values
    known = {option.name: option for option in theme_of(values.get("theme", stored.theme)).options}
    settings = values.get("settings", stored.settings)
    options = stored_options(settings)
    faults: list[str] = []
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            faults.append(f"--option {text}: must be NAME=VALUE.")
        elif not value and (name in known or name in options):
            options.pop(name, None)
        else:
            try:
                options[name] = known[name].parse(value) if name in known else value
            except InvalidOption as fault:
                faults.append(f"options.{name}: {fault}.")
    if faults:
        raise ValidationError(faults)
    others = {name: value for name, value in settings.items() if name != "options"}
    return {**values, "settings": {**others, **({"options": options} if options else {})}}


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    try:
        if name and equals:
            return name, json.loads(value)
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r} is not NAME=JSON. A text needs double quotes: 'apps=[\"events\"]'")
