"""Responses that need not wait: while all threads wait for a database that hangs, stored pages are served.

The worker runs such a request in one more thread, inside `without_waiting`. Whatever would have to wait there calls
`refuse_to_wait`, and the request takes its place in the queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_must_not_wait: ContextVar[bool] = ContextVar("must_not_wait", default=False)


class WouldWait(SystemExit):
    """The response takes more than this process has at hand.

    Exit status 0: gunicorn and Sentry pass on such a `SystemExit` and report nothing.
    """

    def __init__(self) -> None:
        super().__init__(0)


@contextmanager
def without_waiting() -> Iterator[None]:
    token = _must_not_wait.set(True)
    try:
        yield
    finally:
        _must_not_wait.reset(token)


def must_not_wait() -> bool:
    return _must_not_wait.get()


def refuse_to_wait() -> None:
    """Raises `WouldWait` inside `without_waiting`."""
    if _must_not_wait.get():
        raise WouldWait
