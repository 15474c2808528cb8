"""The pages of a site in the order of its tree, read from the database a part at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from app.tenancy.current import current_site

#: Siblings are ordered as in `Page.Meta.ordering`. The place of a page is that of its parent and its own rank.
IN_ORDER = """WITH RECURSIVE ranked AS (
    SELECT id, parent_id, ROW_NUMBER() OVER siblings AS own_rank,
        LAG(id) OVER siblings AS previous_id, LEAD(id) OVER siblings AS next_id
    FROM pages_page WHERE site_id = %s WINDOW siblings AS (PARTITION BY parent_id ORDER BY position, title, id)
), tree (id, parent_id, previous_id, next_id, depth, place) AS (
    SELECT id, parent_id, previous_id, next_id, 0, CAST(100000000 + own_rank AS text)
    FROM ranked WHERE parent_id IS NULL
    UNION ALL SELECT child.id, child.parent_id, child.previous_id, child.next_id, tree.depth + 1,
        tree.place || CAST(100000000 + child.own_rank AS text)
    FROM ranked child JOIN tree ON child.parent_id = tree.id
) SELECT id, parent_id, previous_id, next_id, depth FROM tree WHERE id IN ({wanted})
ORDER BY place LIMIT %s OFFSET %s"""


class Place(NamedTuple):
    """Where a page is: its parent, the pages before and after it below the same parent, and the number of pages above
    it. Entries of menus have places too."""

    key: int
    parent_id: int | None
    previous_id: int | None
    next_id: int | None
    depth: int

    @property
    def neighbours(self) -> str:
        """Its parent and the pages beside it, as one word: what is sent back to find out whether they still are."""
        return "-".join(str(key or 0) for key in (self.parent_id, self.previous_id, self.next_id))


def places(wanted: QuerySet[Any], *, start: int = 0, most: int = 1) -> list[Place]:
    """Of the wanted pages of the current site, those from number `start` on in the order of the tree."""
    connection = connections[wanted.db]
    try:
        sql, parameters = wanted.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(IN_ORDER.format(wanted=sql), [current_site().id, *parameters, most, start])
        return [Place(*row) for row in cursor.fetchall()]
