"""Statements that Django compiles once, and that are sent before and after many requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass(frozen=True)
class Statement:
    alias: str
    sql: Any
    params: Any

    def run(self) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, self.params)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """As the driver gives them, without Django's conversions."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, self.params)
            yield from cursor.fetchall()


def statements_of(call: Callable[[], object]) -> list[Statement]:
    """Those that the call sends: none for a query that Django knows to be empty."""
    found: list[Statement] = []

    def keep(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found.append(Statement(context["connection"].alias, sql, params))
        return execute(sql, params, many, context)

    with ExitStack() as wrapped:
        for connection in connections.all():
            wrapped.enter_context(connection.execute_wrapper(keep))
        call()
    return found
