"""What an editor may write as a feed's value, and the one form in which it is stored and sent to X."""

from __future__ import annotations

import re

MAX_SEARCH_LENGTH = 512  # X's limit for a recent search
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/(?P<path>[^?#]*)(?:[?#].*)?", re.I)
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_LIST_ID = re.compile(r"[0-9]{1,19}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class InvalidValue(ValueError):
    """Nothing on X can have this value. The text is for an editor."""


def normalise(kind: str, value: str) -> str:
    """The value as it is stored: `nasa` for `@NASA` or `https://x.com/NASA`. Raises `InvalidValue`."""
    value = value.strip()
    if kind == "user":
        return _user(value)
    if kind == "list":
        return _list(value)
    if kind == "search":
        return _search(value)
    raise InvalidValue("The kind must be one of user, list, search.")


def _user(value: str) -> str:
    address = _ADDRESS.fullmatch(value)
    name = (address["path"].strip("/").split("/")[0] if address else value).removeprefix("@")
    # SECURITY: the name goes into one search with other sites' names; any other character would let
    # one site write operators into a request that is sent for all of them.
    if not _USERNAME.fullmatch(name):
        raise InvalidValue("A user name has 1 to 15 letters, digits or underscores, such as @nasa.")
    return name.lower()


def _list(value: str) -> str:
    address = _ADDRESS.fullmatch(value)
    list_id = address["path"].strip("/").removeprefix("i/lists/") if address else value
    if not _LIST_ID.fullmatch(list_id):
        raise InvalidValue("A list is given by its id or its address, such as https://x.com/i/lists/123.")
    return str(int(list_id))


def _search(value: str) -> str:
    value = " ".join(_CONTROL.sub(" ", value).split())
    if not value:
        raise InvalidValue("A search needs at least one word.")
    if len(value) > MAX_SEARCH_LENGTH:
        raise InvalidValue(f"A search has at most {MAX_SEARCH_LENGTH} characters; this one has {len(value)}.")
    return value
