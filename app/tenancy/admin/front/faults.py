"""Faults of what apps add to the admin: everybody needs the rest of the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError

Result = TypeVar("Result")
log = logging.getLogger(__name__)


def guarded(
    run: Callable[[], Result], kind: str, declared: Callable[..., object], otherwise: Callable[[str], Result]
) -> Result:
    """The result of `run`, which calls what an app has declared; if that fails, it is logged, and `otherwise` is
    called with its name. Raises `DatabaseError`: the request cannot go on without the database."""
    try:
        return run()
    except DatabaseError:
        raise
    except Exception:
        name = f"{declared.__module__}.{getattr(declared, '__qualname__', type(declared).__qualname__)}"
        log.exception("The %s %s failed", kind, name)
        return otherwise(name)
