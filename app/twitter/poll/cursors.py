"""One cursor for all sources that a run polled, so that their accounts stay in the same batches.

With the cursor of its own last post, each account of a batch would pull the batch back to the oldest of them, and the
posts of the others would be read (and paid for) again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.twitter.models import Feed
from app.twitter.poll.fetch import Result
from app.twitter.x.endpoints import LIST, SEARCH, TIMELINE, Endpoint
from app.twitter.x.posts import Post

SEARCH_DELAY = dt.timedelta(minutes=1)  # recent search leaves out the last half minute


class Cursors:
    """The newest post from before the run's first response, by X's clock: all later responses include it.

    Lists keep their own cursors: they promise nothing about other sources.
    """

    def __init__(self) -> None:
        self._newest: dict[Endpoint, Post] = {}
        self._feeds: dict[Endpoint, list[Feed]] = defaultdict(list)

    def note(self, results: Iterable[Result], first_response_at: dt.datetime | None) -> None:
        for result in results:
            if result.error is not None or first_response_at is None:
                continue
            if result.endpoint is not LIST and not result.is_partial:
                self._feeds[result.endpoint] += result.source.feeds
            for endpoint, limit in ((SEARCH, first_response_at - SEARCH_DELAY), (TIMELINE, first_response_at)):
                posts = [post for post in (self._newest.get(endpoint), *result.posts) if post]
                known = [post for post in posts if post.created_at < limit]
                if known:
                    self._newest[endpoint] = max(known, key=lambda post: post.remote_id)

    def advanced(self) -> Iterator[tuple[Post, list[Feed]]]:
        """The posts to move cursors to, each with the feeds whose cursors are behind it."""
        for endpoint, feeds in self._feeds.items():
            newest = self._newest.get(endpoint)
            behind = [feed for feed in feeds if newest and (feed.since_id or 0) < newest.remote_id]
            if newest and behind:
                yield newest, behind
