"""What an editor may write as a feed's value, and the one form in which it is kept and asked."""

from __future__ import annotations

import re

KINDS = ("user", "list", "search")
LONGEST_SEARCH = 512  # X's limit for a recent search
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/(?P<path>[^?#]*)(?:[?#].*)?", re.I)
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_LIST_ID = re.compile(r"[0-9]{1,19}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class UnusableValue(ValueError):
    """Nothing on X can have this value; the text says so to an editor."""


def normal(kind: str, value: str) -> str:
    """The value as it is stored: `nasa` for `@NASA` or `https://x.com/NASA`; raises `UnusableValue`."""
    value = value.strip()
    if kind == "user":
        return _user(value)
    if kind == "list":
        return _list(value)
    if kind == "search":
        return _search(value)
    raise UnusableValue(f"There is no such kind of feed: {kind[:20]}.")


def _user(value: str) -> str:
    address = _ADDRESS.fullmatch(value)
    name = (address["path"].strip("/").split("/")[0] if address else value).removeprefix("@")
    # SECURITY: the name goes into a search beside other sites' names; anything but these
    # characters would let one site write operators into a question that is asked for all.
    if not _USERNAME.fullmatch(name):
        raise UnusableValue("A user name has 1 to 15 letters, digits or underscores, such as @nasa.")
    return name.lower()


def _list(value: str) -> str:
    address = _ADDRESS.fullmatch(value)
    number = address["path"].strip("/").removeprefix("i/lists/") if address else value
    if not _LIST_ID.fullmatch(number):
        raise UnusableValue("A list is given by its number or its address, such as https://x.com/i/lists/123.")
    return str(int(number))


def _search(value: str) -> str:
    value = " ".join(_CONTROL.sub(" ", value).split())
    if not value:
        raise UnusableValue("A search needs at least one word.")
    if len(value) > LONGEST_SEARCH:
        raise UnusableValue(f"A search has at most {LONGEST_SEARCH} characters; this one has {len(value)}.")
    return value
