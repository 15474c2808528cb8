"""Bearer tokens in the form in which an HTTP header can carry them. Imports nothing: the settings use it too."""

from __future__ import annotations

import re

_NOT_IN_A_HEADER = re.compile(r"[^\x21-\x7e]")
_BYTE_ORDER_MARK = "\ufeff"


class InvalidToken(ValueError):
    """No request can be sent with this token. The text is for a person, and names only the faulty character."""


def clean_token(text: str) -> str:
    """The token without spaces, line ends and a byte order mark around it. Raises `InvalidToken`."""
    token = text.strip().strip(_BYTE_ORDER_MARK).strip()
    fault = _NOT_IN_A_HEADER.search(token)
    if fault:
        raise InvalidToken(
            "A bearer token has only ASCII letters, digits and signs, and no spaces; "
            f"character {fault.start() + 1} is U+{ord(fault[0]):04X}."
        )
    return token
