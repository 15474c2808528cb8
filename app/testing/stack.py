"""Room for the frames of deep calls, in one piece."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

#: In words. The interpreter maps the next power of two of bytes, one MiB; calls inside have the other half.
FRAME = 2**16 + 2**10


def give_room(item: pytest.Item) -> None:
    """Lets a test begin in a frame so large that what it calls fits into the same piece of memory.

    CPython 3.11 maps 16 KiB of memory when the frames of nested calls reach the end of such a piece,
    and unmaps it when the call returns. A request through all middleware crosses such an end hundreds of times.
    """
    if isinstance(item, pytest.Function):
        item.obj = _in_a_large_frame(item.obj)


def _in_a_large_frame(function: Callable[..., Any]) -> Callable[..., Any]:
    def test(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    test.__code__ = test.__code__.replace(co_stacksize=FRAME)
    return wraps(function)(test)
