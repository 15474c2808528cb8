"""Which command runs in this process: entries of the audit list name it where no person acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

current_command: ContextVar[str] = ContextVar("current_command", default="")


@contextmanager
def recorded_as(command: str) -> Iterator[None]:
    token = current_command.set(command)
    try:
        yield
    finally:
        current_command.reset(token)
