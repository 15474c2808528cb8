"""`robots` in the settings of a site: rules that are added to its /robots.txt."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

LONGEST = 10_000
ALL = "User-agent: *"
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


def with_rules_for_all(rules: str) -> str:
    """The rules of a site as groups of /robots.txt. Those before the first `User-agent` line are for all crawlers.

    Without such rules, all crawlers but those that the site names may read everything.
    """
    lines = [line.strip() for line in rules.strip().splitlines()]
    parts = [line.partition("#")[0].partition(":") for line in lines]
    kinds = [kind.strip().lower() for kind, _colon, _value in parts]
    first = kinds.index("user-agent") if "user-agent" in kinds else len(lines)
    if first == len(lines) or not {"allow", "disallow"}.isdisjoint(kinds[:first]):
        return "\n".join([ALL, *(lines or ["Disallow:"])])
    # By RFC 9309, `User-agent` lines without a rule between them are one group: its rules would be for all crawlers.
    if any(kind == "user-agent" and value.strip() == "*" for kind, (*_, value) in zip(kinds, parts, strict=True)):
        return "\n".join(lines)  # some crawlers read only the first of two groups for all
    while first and not kinds[first - 1]:
        first -= 1  # comments belong to what follows them
    return "\n".join([ALL, *lines[:first], "Disallow:", "", *lines[first:]])
