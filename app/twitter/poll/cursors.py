"""How far a whole run got: sources that were asked together get one mark, so that they go on being asked together.

Without it each account of a batch keeps the mark of its own last post, the batch is asked from the oldest of
them, and the others' posts are read (and paid) again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from app.twitter.poll.fetch import Found
from app.twitter.poll.plan import Row
from app.twitter.x.posts import Post

SEARCH_LAG = dt.timedelta(minutes=1)  # recent search leaves out the last half minute


class Marks:
    """Posts that were written before the run's first answer, by X's clock: every later answer knew them.

    Lists keep their own mark; theirs is no promise about anything else.
    """

    def __init__(self) -> None:
        self._newest: dict[bool, Post | None] = {True: None, False: None}
        self._rows: dict[bool, list[Row]] = {True: [], False: []}

    def note(self, founds: Sequence[Found], heard_at: dt.datetime | None) -> None:
        for found in founds:
            if found.error is not None or heard_at is None:
                continue
            if found.source.kind != "list":
                self._rows[found.searched] += found.source.rows
            for post in found.posts:
                for searched in (True, False):
                    limit = heard_at - SEARCH_LAG if searched else heard_at
                    newest = self._newest[searched]
                    if post.created_at < limit and (newest is None or newest.id < post.id):
                        self._newest[searched] = post

    def raised(self) -> Iterator[tuple[Post, list[Row]]]:
        for searched, rows in self._rows.items():
            newest = self._newest[searched]
            ahead = [row for row in rows if newest and (row.since_id or 0) < newest.id]
            if newest and ahead:
                yield newest, ahead
