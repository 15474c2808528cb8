"""Removes secrets from text: those of the settings, and a request's credentials and query values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from heapq import nlargest
from typing import Any
from urllib.parse import quote, unquote_plus

from django.http import HttpRequest

REDACTED = "[redacted]"
SHORTEST = 6  # a shorter value occurs in ordinary text
# What looks like a credential in any message: `token=abc`, `Bearer abc`, `scheme://user:abc@`.
# A visitor writes much of what these read (test_growth.py): nothing before the first fixed word may repeat.
CREDENTIAL_TEXT = re.compile(
    r"(?i)(\b(?:bearer|basic)\s{1,9}"
    r"|(?:token|secret|password|passwd|api_?key|signature)[\"']?\s{0,9}[=:]\s{0,9}[\"']?)[^\s\"'&,;]+"
)
CREDENTIAL_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
CREDENTIAL_HEADER = re.compile(r"AUTH|COOKIE|TOKEN|KEY|SECRET|PASS|CSRF|SIGNATURE|SESSION")
SEPARATORS = re.compile(r"[\s;,=]")
# Of one request. Its sender chooses how many there are, and a message is searched for each.
MOST_SECRETS = 64


class Redactor:
    """Replaces known secrets, in each spelling that a log line may use."""

    def __init__(self) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._known: set[str] = set()

    def learn(self, secrets: Iterable[object]) -> None:
        for secret in secrets:
            self._known |= spellings(str(secret or ""))
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clean(self, text: str) -> str:
        """The text without known secrets and without anything that looks like a credential."""
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        return CREDENTIAL_URL.sub(rf"\1{REDACTED}", CREDENTIAL_TEXT.sub(rf"\1{REDACTED}", text))

    def clean_known(self, text: str) -> str:
        """The text without known secrets. For a complete line: its format stays intact."""
        if self._pattern is None or not any(secret in text for secret in self._known):
            return text  # nearly always, and several times faster than to search for the pattern
        return self._pattern.sub(REDACTED, text)

    def clean_tree(self, value: Any) -> Any:  # Sentry's events are JSON without a fixed structure
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, dict):
            return {key: self.clean_tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean_tree(item) for item in value]
        return value


def spellings(secret: str) -> set[str]:
    if len(secret) < SHORTEST:
        return set()
    forms = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {form for form in forms if len(form) >= SHORTEST}


def secrets_of(request: HttpRequest) -> list[str]:
    """The values of a request that no message may repeat: credentials, cookies, values of its query.

    The longest 64 of them, each in every spelling, longest first.
    """
    values: set[str] = set()
    for name, value in request.META.items():
        if name.startswith("HTTP_") and isinstance(value, str) and CREDENTIAL_HEADER.search(name):
            values.update(SEPARATORS.split(value), [value])
    for pair in str(request.META.get("QUERY_STRING", "")).split("&"):
        raw = pair.partition("=")[2]
        values.update((raw, unquote_plus(raw)))
    longest = nlargest(MOST_SECRETS, values, key=len)
    forms = {form for value in longest for form in spellings(value) if form not in REDACTED}
    return sorted(forms, key=len, reverse=True)


redactor = Redactor()
