"""`messages` in the settings of a site: what visitors read while it is suspended, and after it was archived."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from app.tenancy.hosts.snapshot import ARCHIVED, SUSPENDED
from app.tenancy.sites.values.checks import clean_map, clean_text

LONGEST = {"title": 100, "text": 2000}


def clean_messages(raw: Any) -> dict[str, dict[str, str]]:
    """State → `title` and `text`, plain texts, without the empty ones. Raises one `ValidationError` with all faults."""
    clean: dict[str, dict[str, str]] = {}
    faults: list[str] = []
    for state, parts in clean_map(raw, (SUSPENDED, ARCHIVED)).items():
        clean[state] = {}
        try:
            for name, value in clean_map(parts, LONGEST).items():
                clean[state][name] = clean_text(value, LONGEST[name], lines=name == "text")
        except ValidationError as fault:
            faults += [f"{state}: {message}" for message in fault.messages]
    if faults:
        raise ValidationError(faults)
    texts = {state: {name: text for name, text in parts.items() if text} for state, parts in clean.items()}
    return {state: parts for state, parts in texts.items() if parts}
