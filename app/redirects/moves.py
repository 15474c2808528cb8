"""Redirects from the old addresses of what has moved. A few statements, however much has moved."""

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


def record_move(moved: models.QuerySet[Any], *, before: str, after: str, seen: Q) -> None:
    """Call it after content of the current site has moved, in the same transaction, with the site locked.

    The `path` of each moved row began with `before`, and begins with `after` now. Paths are not encoded, and begin and
    end with a slash. The rows that match `seen` have been visible to visitors: they get a redirect from their old
    path, unless a person made one there. Redirects that led to a row that moved lead to where it is now, and those away
    from where a visible row now is are deleted: so there are neither chains nor loops.
    """
    was = Concat(Value(before), Substr("path", len(after) + 1))
    rows = moved.order_by().annotate(was=was, old=_without_slash(was), now=_without_slash(F("path")))
    # A plain queryset: that of `objects` would raise the content version again with each statement.
    redirects: models.QuerySet[Redirect] = models.QuerySet(Redirect, Redirect.objects.all().query)
    redirects.filter(old_path__in=rows.filter(seen).values("now")).delete()
    redirects.filter(new__in=rows.values("was")).exclude(old_path__in=rows.values("now")).update(
        new=Concat(Value(after), Substr("new", len(before) + 1))
    )
    _insert(rows.filter(seen))


def _insert(rows: models.QuerySet[Any]) -> None:
    values = rows.annotate(
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


def _without_slash(path: Any) -> Case:
    """As `app.redirects.addresses` stores an address."""
    length = Length(path)
    return Case(When(Q(models.lookups.Exact(length, 1)), then=Value("/")), default=Left(path, length - 1))
