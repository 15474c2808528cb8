"""`robots` in the settings of a site: rules that are added to its /robots.txt."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

LONGEST = 10_000
LINE = re.compile(r"(#.*|(Allow|Disallow|User-agent|Crawl-delay|Clean-param|Sitemap|Host)[ \t]*:.*)?", re.IGNORECASE)


def clean_robots(raw: Any) -> str:
    """Raises `ValidationError`, with a message for each line that no crawler would understand."""
    if not isinstance(raw, str):
        raise ValidationError("settings.robots: must be a text.")
    if len(raw) > LONGEST:
        raise ValidationError(f"settings.robots: has at most {LONGEST} characters.")
    lines = [line.strip() for line in raw.replace("\r\n", "\n").split("\n")]
    known = "Allow, Disallow, User-agent, Crawl-delay, Clean-param, Sitemap or Host, or a comment after #"
    faults = [line for line in lines if not LINE.fullmatch(line) or not line.isprintable()]
    if faults:
        raise ValidationError([f"settings.robots: {line!r} is no rule; each line is {known}." for line in faults[:10]])
    return raw
