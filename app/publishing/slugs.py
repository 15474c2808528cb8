"""Slugs in every script: letters, digits and marks (most Indic vowels are marks, which `\\w` leaves out)."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

INNER = frozenset("-_")


def normalised(slug: str) -> str:
    """One spelling of a slug: composed characters, no slashes around it."""
    return unicodedata.normalize("NFKC", slug).strip("/")


def slug_of(title: str, longest: int) -> str:
    """The slug of a title, in its own script and lower case. Empty if the title has no letter or digit."""
    kept = "".join(
        character if _belongs(character) else " " if character.isspace() else ""
        for character in unicodedata.normalize("NFKC", title).lower()
    )
    return re.sub(r"[\s-]+", "-", kept)[:longest].strip("-_")


def free_slug(slug: str, taken: Collection[str], longest: int) -> str:
    """The slug, or the first one with a number at its end that is not taken: `news`, `news-2`, `news-3`."""
    numbers = itertools.count(2)
    free = slug
    while free in taken:
        end = f"-{next(numbers)}"
        free = slug[: longest - len(end)] + end
    return free


def validate_slug(value: str) -> None:
    if not all(map(_belongs, normalised(value))):
        raise ValidationError(_("Use letters and digits of any script, hyphens and underscores only."))


def _belongs(character: str) -> bool:
    return character in INNER or unicodedata.category(character)[0] in "LMN"
