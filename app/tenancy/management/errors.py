from __future__ import annotations

from django.core.management.base import CommandError

USAGE_ERROR = 2


def usage_error(message: str) -> CommandError:
    """An error for a command that cannot be carried out: one line on stderr, exit status 2, nothing changed."""
    return CommandError(message, returncode=USAGE_ERROR)
