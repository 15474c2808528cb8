"""Whether something is at an address now. Apps with pages say so; this app knows none of them."""

from __future__ import annotations

from collections.abc import Callable

_lookups: list[Callable[[str], bool]] = []


def register(lookup: Callable[[str], bool]) -> None:
    """`lookup(path)`: whether visitors of the current site find something of the app at a decoded path."""
    _lookups.append(lookup)


def is_served(path: str) -> bool:
    """Whether visitors find something there, with or without a slash at the end: a redirect is not used then."""
    return any(lookup(f"{path.rstrip('/')}/") for lookup in _lookups)
