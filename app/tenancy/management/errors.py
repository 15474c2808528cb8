from __future__ import annotations

from django.core.management.base import CommandError

REFUSED = 2


class Refusal(CommandError):
    """A command was asked for what cannot be done: one line on stderr, exit status 2, nothing changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=REFUSED)
