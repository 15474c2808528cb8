"""The fields of the form of a site for its theme and the options of the theme."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from app.tenancy.sites.theme_options import (
    MAX_TEXT,
    Choice,
    Colour,
    InvalidOption,
    Number,
    Switch,
    ThemeOption,
    Value,
    values,
)
from app.tenancy.sites.themes import theme_of, themes

PREFIX = "option_"
#: The hidden field with the theme whose options the form shows.
SHOWN = "options_of"


def theme_choices(stored: str) -> list[tuple[str, Any]]:
    """Every theme with its title and description; and the stored one, which may be gone."""
    default = theme_of("")
    choices = [("", _("Default: %s") % default.title)]
    choices += [(name, f"{theme.title}: {theme.description}".rstrip(": ")) for name, theme in sorted(themes().items())]
    return choices if stored in {"", *themes()} else [*choices, (stored, _("%s (no longer there)") % stored)]


def option_fields(theme: str) -> dict[str, forms.Field]:
    return {PREFIX + option.name: _field(option) for option in theme_of(theme).options}


def _field(option: ThemeOption) -> forms.Field:
    texts: dict[str, Any] = {"label": option.label, "help_text": option.help, "validators": [_validator(option)]}
    match option:
        case Colour():
            return forms.CharField(widget=forms.ColorInput, **texts)
        case Choice():
            return forms.ChoiceField(choices=[(name, _readable(name)) for name in option.choices], **texts)
        case Number():
            limits = {"step": "any", "min": f"{option.minimum:g}", "max": f"{option.maximum:g}"}
            return forms.FloatField(widget=forms.NumberInput(attrs=limits), **texts)
        case Switch():
            return forms.BooleanField(required=False, **texts)
        case _:
            return forms.CharField(required=False, max_length=MAX_TEXT, strip=False, **texts)


def _validator(option: ThemeOption) -> Callable[[Any], None]:
    def validate(value: Any) -> None:
        try:
            option.clean(value)
        except InvalidOption as fault:
            raise ValidationError(f"{option.label}: {fault}.") from None

    return validate


def initial_options(theme: str, options: Mapping[str, Any]) -> dict[str, Value]:
    """By field: what is stored, or the default."""
    found = values(theme_of(theme).options, json.dumps({"options": options}))
    return {PREFIX + name: value for name, value in found.items()}


def chosen_options(stored: Mapping[str, Any], theme: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """What is to be stored: the options of a site, with those that the form gives for a theme.

    An option with its default is not stored, so it follows the theme when that has another default one day.
    """
    options: dict[str, Value] = dict(stored)
    for option in theme_of(theme).options:
        if PREFIX + option.name not in given:
            continue
        value = given[PREFIX + option.name]
        options.pop(option.name, None)
        if value != option.default:
            options[option.name] = value
    return options


def unused_options(stored: Mapping[str, Any], theme: str) -> list[str]:
    """Names of stored options that the theme does not have."""
    return sorted(stored.keys() - {option.name for option in theme_of(theme).options})


def note_on_unused(unused: Iterable[str]) -> SafeString:
    kept = _("The theme has no use for these options of the site, which are kept for a theme that has: %s.")
    return format_html("{}", kept % ", ".join(unused))


def _readable(choice: str) -> str:
    return choice.replace("-", " ").capitalize()
