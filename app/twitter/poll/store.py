"""Writes results into the rows of the sites that are free. A source's tweets and its cursor change together.

`all_sites` here and in the rest of the poll: it works for all sites at once, and each row that it writes takes its
site from its feed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from django.db.models import Case, Count, F, Q, When, Window
from django.db.models.functions import RowNumber

from app.tenancy.isolation.content_version import content_changed_on
from app.tenancy.models import SiteProfile
from app.twitter.feed_state import FeedState
from app.twitter.models import Feed, Tweet
from app.twitter.poll.fetch import Result
from app.twitter.poll.site_locks import SiteLocks
from app.twitter.poll.tweets import newest_versions, store_tweets
from app.twitter.x.errors import XError
from app.twitter.x.posts import Post

Item = TypeVar("Item")

CHUNK = 500


def load_feeds(site_id: int | None) -> list[Feed]:
    """The active feeds of all active sites, or of one."""
    feeds = Feed.all_sites.filter(_polled())
    if site_id is not None:
        feeds = feeds.filter(site_id=site_id)
    return list(feeds.select_related("site").order_by("pk").iterator())


def sites_with_feeds() -> set[int]:
    return set(Feed.all_sites.filter(_polled()).order_by().values_list("site_id", flat=True).distinct())


def not_read_today(posts: Iterable[Post], now: dt.datetime) -> set[int]:
    """The ids of the posts that X bills: it bills a post once a day (UTC), however often it is read."""
    some = list(posts)
    ids = frozenset().union(*(post.read_ids for post in some))
    if not ids:
        return set()
    today = Tweet.all_sites.filter(checked_at__gte=_midnight(now))
    known: set[int | None] = set(today.filter(remote_id__in=ids).values_list("remote_id", flat=True))
    if any(post.original for post in some):
        known |= set(today.filter(original_id__in=ids).values_list("original_id", flat=True))
    return {remote_id for remote_id in ids if remote_id not in known}


def store_unchanged(results: Iterable[Result], now: dt.datetime, locks: SiteLocks) -> list[Feed]:
    """For successful results without posts: only the state of their feeds changes. Returns the feeds it could write."""
    newest = {feed: result.newest for result in results for feed in result.source.feeds}

    def write(free: set[int]) -> list[Feed]:
        feeds = _on(free, newest)
        _save_states(((feed, feed.state.succeeded(now, newest[feed])) for feed in feeds), now)
        return feeds

    return (locks.write(_sites(newest), write) or []) if newest else []


def store_posts(result: Result, now: dt.datetime, locks: SiteLocks) -> tuple[list[Feed], int]:
    """Stores one source's posts for each of its feeds, in one transaction.

    Returns the feeds that it could write, and how many of the posts were new.
    """
    posts = newest_versions(result.posts)

    def write(free: set[int]) -> tuple[list[Feed], int]:
        new: set[int] = set()
        polled = _on(free, result.source.feeds)
        feeds = _unchanged_feeds(polled)
        # A popular source has thousands of feeds; this limits the rows held in memory.
        for some in _chunks(feeds, max(CHUNK // max(len(posts), 1), 1)):
            new |= store_tweets(some, posts, now)
        _save_states(((feed, feed.state.succeeded(now, result.newest)) for feed in feeds), now)
        return polled, len(new)

    return locks.write(result.source.sites, write) or ([], 0)


def store_failure(feeds: Sequence[Feed], error: XError, now: dt.datetime, locks: SiteLocks) -> None:
    failures = 1 + max(feed.failures for feed in feeds)

    def write(free: set[int]) -> None:
        _save_states(((feed, feed.state.failed(now, error, failures=failures)) for feed in _on(free, feeds)), now)

    locks.write(_sites(feeds), write)


def advance_cursors(feeds: Sequence[Feed], newest: Post, now: dt.datetime, locks: SiteLocks) -> None:
    """Moves the cursors of feeds that this run polled to a post that is older than their responses."""
    behind = Q(since_id__lt=newest.remote_id) | Q(since_id=None)

    def write(some: Sequence[Feed], free: set[int]) -> None:
        polled = Feed.all_sites.filter(behind, pk__in=[feed.pk for feed in _on(free, some)], succeeded_at=now)
        polled.update(since_id=newest.remote_id, since_at=newest.created_at)

    for some in _chunks(feeds, CHUNK):
        locks.write(_sites(some), partial(write, some))


def delete_tweets(feeds: Sequence[Feed], locks: SiteLocks) -> int:
    """Deletes all tweets of feeds whose account may no longer be shown. Returns how many rows."""

    def write(free: set[int]) -> int:
        tweets = Tweet.all_sites.filter(feed_id__in=[feed.pk for feed in _on(free, feeds)])
        sites = set(tweets.values_list("site_id", flat=True))
        content_changed_on(sites)
        return tweets.delete()[0] if sites else 0

    return locks.write(_sites(feeds), write) or 0


def prune(site_id: int | None, keep: int, locks: SiteLocks) -> int:
    """Deletes all but the newest `keep` tweets of each feed. Returns how many rows."""
    mine = Q() if site_id is None else Q(site_id=site_id)
    full = Tweet.all_sites.filter(mine).values("feed", "site").annotate(held=Count("pk")).filter(held__gt=keep)

    def write(some: Sequence[tuple[int, int]], free: set[int]) -> int:
        rank = Window(RowNumber(), partition_by=F("feed"), order_by=F("remote_id").desc())
        ranked = Tweet.all_sites.filter(feed__in=[feed for feed, site in some if site in free]).annotate(rank=rank)
        return Tweet.all_sites.filter(pk__in=ranked.filter(rank__gt=keep).values("pk")).delete()[0]

    feeds = list(full.order_by("feed").values_list("feed", "site"))
    return sum(locks.write({site for _, site in some}, partial(write, some)) or 0 for some in _chunks(feeds, CHUNK))


def _on(sites: Collection[int], feeds: Iterable[Feed]) -> list[Feed]:
    return [feed for feed in feeds if feed.site_id in sites]


def _sites(feeds: Iterable[Feed]) -> set[int]:
    return {feed.site_id for feed in feeds}


def _polled() -> Q:
    return Q(active=True, site__profile__state=SiteProfile.State.ACTIVE)


def _unchanged_feeds(feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds that are still active and follow the same thing; locked until the transaction ends."""
    rows = Feed.all_sites.select_for_update().filter(pk__in=[feed.pk for feed in feeds], active=True)
    current = {pk: (kind, value) for pk, kind, value in rows.order_by("pk").values_list("pk", "kind", "value")}
    return [feed for feed in feeds if current.get(feed.pk) == (feed.kind, feed.value)]


def _save_states(states: Iterable[tuple[Feed, FeedState]], now: dt.datetime) -> None:
    """One UPDATE for all feeds whose state changes in the same way."""
    groups: dict[tuple[tuple[str, object], ...], list[int]] = defaultdict(list)
    for feed, state in states:
        groups[tuple(feed.state.changes(state).items())].append(feed.pk)
    for changes, pks in groups.items():
        values = dict(changes)
        if "requested_at" in values:
            # A poll that was requested during this run is for the next run.
            values["requested_at"] = Case(When(requested_at__gt=now, then=F("requested_at")))
        for some in _chunks(pks, CHUNK):
            Feed.all_sites.filter(pk__in=some).update(**values)


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _midnight(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
