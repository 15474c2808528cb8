"""Django's compilers, which mark the SQL of a query for every site, also where it is part of another statement."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import compiler
from django.db.backends.postgresql.compiler import (
    SQLAggregateCompiler,  # the query inside it has the mark
    SQLInsertCompiler,
)

from app.postgresql.row_security.scope import ATTRIBUTE, MARK

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]


class SQLCompiler(compiler.SQLCompiler):
    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return marked(self.query, *super().as_sql(*args, **kwargs))


class SQLUpdateCompiler(compiler.SQLUpdateCompiler):
    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return marked(self.query, *super().as_sql(*args, **kwargs))


class SQLDeleteCompiler(compiler.SQLDeleteCompiler):
    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return marked(self.query, *super().as_sql(*args, **kwargs))


def marked(query: object, text: str, params: Any) -> tuple[str, Any]:
    return (f"{MARK} {text}" if text and ATTRIBUTE in vars(query) else text), params
