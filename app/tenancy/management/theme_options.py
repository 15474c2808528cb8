"""`--option NAME=VALUE` of the command `sites`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from app.tenancy.sites.specification import SiteSpecification
from app.tenancy.sites.theme_options import InvalidOption, stored_options
from app.tenancy.sites.themes import theme_of


def with_options(values: dict[str, Any], stored: SiteSpecification, given: Sequence[str]) -> dict[str, Any]:
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
