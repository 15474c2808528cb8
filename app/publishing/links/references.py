"""How rich text names a row: `pages.page:12`, a model and a key, which is looked for on the site of the text."""

from __future__ import annotations

import re

ATTRIBUTE = "data-link"
_REFERENCE = re.compile(r"([a-z][a-z0-9_]{0,99}\.[a-z][a-z0-9_]{0,99}):([1-9][0-9]{0,17})")


def split(reference: str) -> tuple[str, int] | None:
    """Label of the model and key; None for what is no reference."""
    match = _REFERENCE.fullmatch(reference)
    return None if match is None else (match[1], int(match[2]))
