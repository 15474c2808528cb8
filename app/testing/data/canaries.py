"""Texts that occur nowhere else: where one of them turns up, something of a known field of a known site is shown."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
NETWORKS = {side: ipaddress.IPv6Address(f"2001:db8:{side}::") for side in SIDES}
NUMBERS = {"a": 1_810_000_000, "b": 1_820_000_000}
PATTERN = re.compile(r"canary[ab]\d{4}|(?<!\d)18[12]000\d{4}(?!\d)|2001:db8:[ab]::[0-9a-f]+")


@dataclass(frozen=True)
class Canary:
    """Letters and digits only, so that escaping for HTML, JSON or an address does not change it."""

    text: str
    side: Side
    where: str
    """The model and the field that have it."""
    names_the_site: bool = False
    """Whether people who work on the site may see it everywhere: its name and its domain."""


class Canaries:
    """Makes canaries and finds them again."""

    def __init__(self) -> None:
        self._by_text: dict[str, Canary] = {}

    def text(self, side: Side, where: str, *, names_the_site: bool = False) -> str:
        return self._add(f"canary{side}{len(self._by_text):04}", side, where, names_the_site=names_the_site)

    def number(self, side: Side, where: str) -> int:
        return int(self._add(str(NUMBERS[side] + len(self._by_text)), side, where))

    def address(self, side: Side, where: str) -> str:
        return self._add(str(NETWORKS[side] + len(self._by_text)), side, where)

    def found(self, text: str) -> Iterator[tuple[Canary, str]]:
        """Each canary in a text, once, with what is around it."""
        seen = set()
        lowered = text.lower()
        for match in PATTERN.finditer(lowered):
            canary = self._by_text.get(match.group())
            if canary is not None and canary not in seen:
                seen.add(canary)
                yield canary, text[max(0, match.start() - 60) : match.end() + 60]

    def of(self, where: str, side: Side) -> list[str]:
        """The canaries of a field."""
        return [c.text for c in self._by_text.values() if c.side == side and c.where == where]

    def _add(self, text: str, side: Side, where: str, *, names_the_site: bool = False) -> str:
        self._by_text[text] = Canary(text, side, where, names_the_site)
        return text
