"""What the product logs in the test's own process."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.observability.logs import LineFormatter

Lines = Callable[[], list[dict[str, Any]]]


@contextmanager
def recorded_lines() -> Iterator[Lines]:
    """The JSON lines of all loggers from here on, whatever their level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter("json"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
