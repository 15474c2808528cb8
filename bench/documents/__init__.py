"""The generated parts of the documentation: each is between two comments, of which the first names it."""

from __future__ import annotations

import re


def put(text: str, name: str, part: str) -> str:
    """The text with a new generated part. Raises `ValueError` if the text has no place for it."""
    pattern = re.compile(rf"({re.escape(f'<!-- generated: {name} -->')}\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"There is no place for the generated part {name!r}.")
    return pattern.sub(lambda found: f"{found[1]}\n{part}\n\n{found[2]}", text)
