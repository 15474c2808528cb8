"""Removes secrets from text: those of the settings, and a request's credentials and query values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote_plus

from django.http import HttpRequest

REDACTED = "[redacted]"
SHORTEST = 6  # a shorter value occurs in ordinary text
CREDENTIAL_HEADER = re.compile(r"AUTH|COOKIE|TOKEN|KEY|SECRET|PASS|CSRF|SIGNATURE|SESSION")
# What looks like a credential in any message: `token=abc`, `Bearer abc`, `scheme://user:abc@`.
CREDENTIAL_TEXT = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+|\b[\w.-]*(?:token|secret|password|passwd|api_?key|signature)[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"'&,;]+"
)
CREDENTIAL_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")


class Redactor:
    """Replaces known secrets, in each spelling that a log line may use."""

    def __init__(self) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._known: set[str] = set()

    def learn(self, secrets: Iterable[object]) -> None:
        for secret in secrets:
            self._known |= spellings(str(secret or ""))
        self._pattern = pattern_of(self._known)

    def clean(self, text: str) -> str:
        """The text without known secrets and without anything that looks like a credential."""
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        return CREDENTIAL_URL.sub(rf"\1{REDACTED}", CREDENTIAL_TEXT.sub(rf"\1{REDACTED}", text))

    def clean_known(self, text: str) -> str:
        """The text without known secrets. For a complete line: its format stays intact."""
        return text if self._pattern is None else self._pattern.sub(REDACTED, text)

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


def pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def secrets_of(request: HttpRequest) -> re.Pattern[str] | None:
    """The values of a request that no message may repeat: credentials, cookies, values of its query."""
    values: set[str] = set()
    for name, value in request.META.items():
        if name.startswith("HTTP_") and isinstance(value, str) and CREDENTIAL_HEADER.search(name):
            values.update(re.split(r"[\s;,=]+", value), [value])
    for pair in str(request.META.get("QUERY_STRING", "")).split("&"):
        raw = pair.partition("=")[2]
        values.update((raw, unquote_plus(raw)))
    return pattern_of({form for value in values for form in spellings(value)})


redactor = Redactor()
