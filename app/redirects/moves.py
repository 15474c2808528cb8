"""Redirects from the old addresses of what has moved. Three statements, however much has moved."""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat, Left, Length, Substr
from django.utils import timezone

from app.redirects.models import Redirect

INSERT = """INSERT INTO {table} (site_id, old_path, new, is_permanent, created_automatically, created_at, hits) {rows}
ON CONFLICT (site_id, old_path) DO UPDATE SET new = excluded.new, created_at = excluded.created_at
WHERE {table}.created_automatically"""


def record_move(moved: models.QuerySet[Any], *, before: str, after: str, seen: Q, shown: Q) -> None:
    """Call it after content of the current site has moved, in the same transaction, with the site locked.

    The `path` of each moved row began with `before`, and begins with `after` now. Paths are not encoded, and begin and
    end with a slash. The rows that match `seen` have been visible to visitors before they moved: they get a redirect
    from their old path, unless a person made one there. Redirects that led to a row that moved lead to where it is now,
    and those away from where such a row, or one that matches `shown`, now is are deleted: so there are neither chains
    nor loops.
    """
    rows = moved.order_by().annotate(was=Concat(Value(before), Substr("path", len(after) + 1)))
    # A plain queryset: that of `objects` would raise the content version again with each statement.
    redirects: models.QuerySet[Redirect] = models.QuerySet(Redirect, Redirect.objects.order_by().query)
    redirects.filter(_hashed(old_path__in=rows.filter(seen | shown).values(now=_without_slash("path")))).delete()
    follows = redirects.filter(_hashed(new__in=rows.values("was")))
    now = Concat(Value(after), Substr("new", len(before) + 1))
    follows.alias(now=now, address=_with_slash("old_path")).exclude(address=F("now")).update(new=now)
    _insert(rows.filter(seen))


def _insert(rows: models.QuerySet[Any]) -> None:
    values = rows.annotate(
        old=_without_slash("was"),
        is_permanent=Value(True),
        created_automatically=Value(True),
        created_at=Value(timezone.now(), output_field=models.DateTimeField()),
        hits=Value(0),
    ).values_list("site_id", "old", "path", "is_permanent", "created_automatically", "created_at", "hits")
    connection = connections[rows.db]
    sql, parameters = values.query.get_compiler(connection=connection).as_sql()
    table = connection.ops.quote_name(Redirect._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(table=table, rows=sql), parameters)


def _hashed(**condition: Any) -> Case:
    """The condition `IN (SELECT ...)`, in a form for which PostgreSQL always makes a hash table.

    Otherwise it joins the tables. Where it has no statistics, or row security hides them from it, it expects a few rows
    and compares each with each: 10,000 pages take minutes.
    """
    return Case(When(**condition, then=Value(True)), default=Value(False), output_field=models.BooleanField())


def _with_slash(name: str) -> Case:
    """The path of a page at a stored address."""
    return Case(When(**{name: "/"}, then=Value("/")), default=Concat(F(name), Value("/")))


def _without_slash(name: str) -> Case:
    """As `app.redirects.addresses` stores an address."""
    return Case(When(**{name: "/"}, then=Value("/")), default=Left(F(name), Length(name) - 1))
