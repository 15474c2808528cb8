"""Values of options and of standard input. Each reader says what is wrong: exit status 2, nothing was done."""

from __future__ import annotations

import io
import math
import sys
from argparse import ArgumentTypeError
from typing import TextIO

from app.tenancy.management.errors import usage_error

MOST_SECONDS = 3600
MOST_COUNT = 1_000_000


def port(text: str) -> int:
    """A TCP port. Raises `ArgumentTypeError`, as the other types for `add_argument` do."""
    return _number(text, 1, 65535)


def count(text: str) -> int:
    """0 or more."""
    return _number(text, 0, MOST_COUNT)


def seconds(text: str) -> float:
    """A time limit: more than 0, at most an hour."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= MOST_SECONDS:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds, more than 0 and at most {MOST_SECONDS}.")
    return value


def address(text: str) -> str:
    """An IP address, or a host name that can be looked up."""
    try:
        if not text.encode("idna"):
            raise ArgumentTypeError("an IP address or a host name is missing.")
    except UnicodeError:
        raise ArgumentTypeError(f"{text!r} is neither an IP address nor a host name.") from None
    return text


def standard_input() -> TextIO:
    """Standard input as UTF-8, whatever the locale says; other bytes raise `UnicodeDecodeError` when they are read.

    Raises `CommandError` if it is closed.
    """
    if sys.stdin is None:
        raise usage_error("Standard input is closed.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    return sys.stdin


def _number(text: str, least: int, most: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}.")
    return value
