"""Whether something is at an address now. Apps with pages say so; this app knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

#: Paths of one query: a database takes a limited number of values.
AT_A_TIME = 500

_lookups: list[Callable[[Collection[str]], set[str]]] = []


def register(lookup: Callable[[Collection[str]], set[str]]) -> None:
    """`lookup(paths)`: those of the decoded paths at which visitors of the current site find something of the app.

    It is called with at most `AT_A_TIME` of them, and asks the database for all at once.
    """
    _lookups.append(lookup)


def served_among(paths: Collection[str]) -> set[str]:
    """Those at which visitors find something, with or without a slash at the end: a redirect is not used then."""
    with_slash = {path: f"{path.rstrip('/')}/" for path in paths}
    spelled, found = sorted(set(with_slash.values())), set[str]()
    for start in range(0, len(spelled), AT_A_TIME):
        found.update(*(lookup(spelled[start : start + AT_A_TIME]) for lookup in _lookups))
    return {path for path, asked in with_slash.items() if asked in found}


def is_served(path: str) -> bool:
    """Whether visitors find something there: see `served_among`."""
    return bool(served_among([path]))
