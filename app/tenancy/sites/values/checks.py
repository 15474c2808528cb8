"""What the checks of single settings share."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError


def clean_text(raw: Any, most: int, *, lines: bool = False) -> str:
    """A text of at most `most` characters without spaces around it; in one line, unless `lines`."""
    if not isinstance(raw, str):
        raise ValidationError("must be a text.")
    text = raw.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise ValidationError(f"must have at most {most} characters; it has {len(text)}.")
    if not all(line.isprintable() for line in (text.split("\n") if lines else [text])):
        raise ValidationError("must not contain control characters." if lines else "must be a text in one line.")
    return text


def clean_map(raw: Any, names: Iterable[str]) -> dict[str, Any]:
    """A map that has no other names than these."""
    if not isinstance(raw, dict):
        raise ValidationError("must be a map.")
    unknown = [str(name) for name in raw if name not in names]
    if unknown:
        raise ValidationError(f"{unknown[0]!r} is unknown; must be one of {', '.join(names)}.")
    return raw


def nearest(wanted: str, names: Iterable[str]) -> str:
    """A sentence that names the most similar ones; empty if none is similar."""
    by_case = {name.casefold(): name for name in names}
    found = [by_case[name] for name in get_close_matches(wanted.casefold(), by_case, n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(found)}?" if found else ""
