"""The options of a theme: what it lets each site choose, and which values are valid. No models: themes are settings."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from app.tenancy.colours import contrasting_colour
from app.tenancy.sites.settings import read
from app.tenancy.text_cache import kept_by_text

log = logging.getLogger(__name__)

Value = str | bool | int | float
UNITS = ("", "%", "ch", "em", "px", "rem", "vh", "vw")
MAX_TEXT = 200
LARGEST = 1_000_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class InvalidOption(ValueError):
    """A value that an option cannot have. The message begins with "must be"."""


# Compared by identity, so that a cache by options costs no comparison of their values.
@dataclass(frozen=True, eq=False, kw_only=True)
class ThemeOption:
    """`default` is a valid value in its stored spelling. `label` and `help` are for the editor."""

    name: str
    label: str
    default: Value
    help: str = ""
    type: ClassVar[str]

    def clean(self, value: Any) -> Value:
        """The value in its stored spelling. Raises `InvalidOption`."""
        raise NotImplementedError

    def parse(self, text: str) -> Value:
        """A value from a command line. Raises `InvalidOption`."""
        return self.clean(text)

    def properties(self, value: Any) -> Mapping[str, str]:
        """The custom properties of CSS for a valid value, by name."""
        return {f"--option-{self.name}": str(value)}


class Colour(ThemeOption):
    type = "colour"

    def clean(self, value: Any) -> Value:
        # SECURITY: written into a style element, as choices and numbers are: nothing that ends the declaration.
        if isinstance(value, str) and _COLOUR.fullmatch(value.lower()):
            return value.lower()
        raise InvalidOption("must be a colour such as #1f6f5c")

    def properties(self, value: Any) -> Mapping[str, str]:
        """The colour, and black or white: the text colour that is readable on it."""
        return {f"--option-{self.name}": value, f"--option-{self.name}-ink": contrasting_colour(value)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice(ThemeOption):
    """`choices` are identifiers of CSS."""

    type = "choice"
    choices: tuple[str, ...]

    def clean(self, value: Any) -> Value:
        if isinstance(value, str) and value in self.choices:
            return value
        raise InvalidOption(f"must be one of {', '.join(self.choices)}")


@dataclass(frozen=True, eq=False, kw_only=True)
class Number(ThemeOption):
    """A number, and the unit that it has in CSS."""

    type = "number"
    minimum: float = -LARGEST
    maximum: float = LARGEST
    unit: str = ""

    def clean(self, value: Any) -> Value:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if is_number and self.minimum <= value <= self.maximum:
            rounded = round(value, 3)
            return int(rounded) if rounded == int(rounded) else float(rounded)
        raise InvalidOption(f"must be a number from {self.minimum:g} to {self.maximum:g}")

    def parse(self, text: str) -> Value:
        try:
            return self.clean(float(text))
        except ValueError:  # InvalidOption is one
            return self.clean(None)

    def properties(self, value: Any) -> Mapping[str, str]:
        return {f"--option-{self.name}": f"{value}{self.unit}"}


class Switch(ThemeOption):
    type = "switch"

    def clean(self, value: Any) -> Value:
        if isinstance(value, bool):
            return value
        raise InvalidOption("must be true or false")

    def parse(self, text: str) -> Value:
        return self.clean({"true": True, "false": False}.get(text.lower()))

    def properties(self, value: Any) -> Mapping[str, str]:
        return {f"--option-{self.name}": "1" if value else "0"}


class Text(ThemeOption):
    type = "text"

    def clean(self, value: Any) -> Value:
        if isinstance(value, str) and len(value) <= MAX_TEXT and (value.isprintable() or not value):
            return value
        raise InvalidOption(f"must be a text in one line, of at most {MAX_TEXT} characters")

    def properties(self, _: Any) -> Mapping[str, str]:
        # SECURITY: a text may hold anything, such as the end of the style element. Templates escape it.
        return {}


TYPES: Mapping[str, type[ThemeOption]] = {each.type: each for each in (Choice, Colour, Number, Switch, Text)}


def stored_options(settings: Any) -> dict[str, Any]:
    """The options in the settings of a site; what was stored without its check, and is no map, counts as none."""
    options = settings.get("options") if isinstance(settings, Mapping) else None
    return dict(options) if isinstance(options, dict) else {}


@kept_by_text
def values(options: tuple[ThemeOption, ...], stored: str) -> Mapping[str, Value]:
    """The value of every option for a site with these settings (JSON): its own, or the default.

    What was stored without its check, or for another theme, and is not valid, has no effect.
    """
    given = stored_options(read(stored))
    found: dict[str, Value] = {}
    for option in options:
        found[option.name] = option.default
        if option.name in given:
            try:
                found[option.name] = option.clean(given[option.name])
            except InvalidOption as fault:
                log.warning("The theme option %s of a site is not used: %r %s", option.name, given[option.name], fault)
    return MappingProxyType(found)


@kept_by_text
def properties(options: tuple[ThemeOption, ...], stored: str) -> str:
    """The declarations of all custom properties for a site with these settings, as CSS."""
    found = values(options, stored)
    pairs = (pair for option in options for pair in option.properties(found[option.name]).items())
    return ";".join(f"{name}:{value}" for name, value in pairs)
