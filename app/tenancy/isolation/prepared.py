"""A query that is compiled once for the life of the process; each call only fills in its parameters.

Django builds and compiles a queryset again for each request, which takes longer than running a simple one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import Context
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler

from app.tenancy.current import chosen_by_request
from app.tenancy.isolation.cross_site import CurrentSiteId, Placeholder

Row = TypeVar("Row", bound=models.Model)


class Parameter(Placeholder):
    """A value that is given when the query runs. `field` says how it is written for the database."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def value(self, values: Mapping[str, Any]) -> Any:
        return values[self.name]


class PreparedQuery(Generic[Row]):
    """Rows of one model, for the current site of each call. `build` returns a queryset that contains `Parameter`s.

    It may not use `select_related()`, annotations, or a subquery that is bound to the current site.
    """

    def __init__(self, build: Callable[[], models.QuerySet[Row]]) -> None:
        self.build = build

    def rows(self, **values: Any) -> list[Row]:
        """Raises `NoCurrentSite`, and `KeyError` for a parameter without a value."""
        compiler, sql, parameters, names, converters = self._compiled
        using = cast("str", compiler.using)
        connection = connections[using]  # of this thread, not of the one that compiled the query
        given = [
            part.output_field.get_db_prep_value(part.value(values), connection)
            if isinstance(part, Placeholder)
            else part
            for part in parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            found = cursor.fetchall()
        if converters:
            found = list(compiler.apply_converters(found, converters))
        model = cast("type[Row]", compiler.query.model)
        return [model.from_db(using, names, row) for row in found]

    def first(self, **values: Any) -> Row | None:
        rows = self.rows(**values)
        return rows[0] if rows else None

    @cached_property
    def _compiled(self) -> tuple[SQLCompiler, str, tuple[Any, ...], list[str], dict[int, Any]]:
        # SECURITY: without a current site, so that none can become part of the SQL for all.
        return Context().run(self._compile)

    def _compile(self) -> tuple[SQLCompiler, str, tuple[Any, ...], list[str], dict[int, Any]]:
        with chosen_by_request():
            queryset = self.build()
            compiler: Any = queryset.query.get_compiler(queryset.db)
            compiler.fills_in_later = True
            sql, parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        if compiler.klass_info.get("related_klass_infos") or compiler.annotation_col_map:
            raise TypeError("A prepared query returns rows of one model, without annotations.")
        if not any(isinstance(part, CurrentSiteId) for part in parameters):
            raise TypeError("A prepared query is bound to the current site.")
        return compiler, sql, parameters, [c.target.attname for c in columns], compiler.get_converters(columns)
