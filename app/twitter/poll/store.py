"""Writes results into the rows of the sites. A source's tweets and its cursor change together.

`all_sites` here and in the rest of the poll: it works for all sites at once, and each row that it writes takes its
site from its feed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Case, Count, F, Q, When, Window
from django.db.models.functions import RowNumber

from app.tenancy.isolation.content_version import content_changed_on
from app.tenancy.models import SiteProfile
from app.twitter.feed_state import FeedState
from app.twitter.models import Feed, Tweet
from app.twitter.poll.fetch import Result
from app.twitter.x.errors import XError
from app.twitter.x.posts import Post, Profile

Item = TypeVar("Item")

CHUNK = 500


def load_feeds(site_id: int | None) -> list[Feed]:
    """The active feeds of all active sites, or of one."""
    feeds = Feed.all_sites.filter(active=True, site__profile__state=SiteProfile.State.ACTIVE)
    if site_id is not None:
        feeds = feeds.filter(site_id=site_id)
    return list(feeds.order_by("pk").iterator())


def not_read_today(posts: Iterable[Post], now: dt.datetime) -> set[int]:
    """The ids of the posts that X bills: it bills a post once a day (UTC), however often it is read."""
    ids = {post.remote_id for post in posts}
    if not ids:
        return ids
    known = Tweet.all_sites.filter(remote_id__in=ids, checked_at__gte=_midnight(now))
    return ids - set(known.values_list("remote_id", flat=True))


def store_unchanged(results: Iterable[Result], now: dt.datetime) -> None:
    """For successful results without posts: only the state of their feeds changes."""
    _save_states(
        ((feed, feed.state.succeeded(now, result.newest)) for result in results for feed in result.source.feeds), now
    )


def store_posts(result: Result, now: dt.datetime) -> int:
    """Stores one source's posts for each of its feeds, in one transaction. Returns how many were new."""
    posts = [(post, post.author) for post in result.posts if post.author]
    new: set[int] = set()
    with transaction.atomic():
        feeds = _unchanged_feeds(result.source.feeds)
        # A popular source has thousands of feeds; this limits the rows held in memory.
        for some in _chunks(feeds, max(CHUNK // max(len(posts), 1), 1)):
            new |= _store_tweets(some, posts, now)
        _save_states(((feed, feed.state.succeeded(now, result.newest)) for feed in feeds), now)
    return len(new)


def store_failure(feeds: Sequence[Feed], error: XError, now: dt.datetime) -> None:
    failures = 1 + max(feed.failures for feed in feeds)
    _save_states(((feed, feed.state.failed(now, error, failures=failures)) for feed in feeds), now)


def advance_cursors(feeds: Sequence[Feed], newest: Post, now: dt.datetime) -> None:
    """Moves the cursors of feeds that this run polled to a post that is older than their responses."""
    behind = Q(since_id__lt=newest.remote_id) | Q(since_id=None)
    for some in _chunks(feeds, CHUNK):
        polled = Feed.all_sites.filter(behind, pk__in=[feed.pk for feed in some], succeeded_at=now)
        polled.update(since_id=newest.remote_id, since_at=newest.created_at)


def delete_tweets(feeds: Sequence[Feed]) -> int:
    """Deletes all tweets of feeds whose account may no longer be shown. Returns how many rows."""
    tweets = Tweet.all_sites.filter(feed_id__in=[feed.pk for feed in feeds])
    with transaction.atomic():
        sites = set(tweets.values_list("site_id", flat=True))
        content_changed_on(sites)
        return tweets.delete()[0] if sites else 0


def prune(site_id: int | None, keep: int) -> int:
    """Deletes all but the newest `keep` tweets of each feed. Returns how many rows."""
    mine = Q() if site_id is None else Q(site_id=site_id)
    full = Tweet.all_sites.filter(mine).values("feed").annotate(held=Count("pk")).filter(held__gt=keep)
    feeds = [row["feed"] for row in full.order_by()]
    removed = 0
    for some in _chunks(feeds, CHUNK):
        rank = Window(RowNumber(), partition_by=F("feed"), order_by=F("remote_id").desc())
        ranked = Tweet.all_sites.filter(feed__in=some).annotate(rank=rank)
        removed += Tweet.all_sites.filter(pk__in=ranked.filter(rank__gt=keep).values("pk")).delete()[0]
    return removed


def _store_tweets(feeds: Sequence[Feed], posts: Sequence[tuple[Post, Profile]], now: dt.datetime) -> set[int]:
    tweets = Tweet.all_sites.filter(
        feed_id__in=[feed.pk for feed in feeds], remote_id__in=[post.remote_id for post, _ in posts]
    )
    known = {
        (feed, remote_id): (pk, checked_at)
        for pk, feed, remote_id, checked_at in tweets.values_list("pk", "feed_id", "remote_id", "checked_at")
    }
    new = [
        _tweet(feed, post, author, now)
        for feed in feeds
        for post, author in posts
        if (feed.pk, post.remote_id) not in known
    ]
    # A run that lost its lock can meet rows of the next run; the unique constraint decides.
    Tweet.all_sites.bulk_create(new, ignore_conflicts=True)
    not_checked_today = [pk for pk, checked_at in known.values() if checked_at < _midnight(now)]
    if not_checked_today:
        Tweet.all_sites.filter(pk__in=not_checked_today).update(checked_at=now)
    content_changed_on({tweet.site_id for tweet in new})
    return {tweet.remote_id for tweet in new}


def _tweet(feed: Feed, post: Post, author: Profile, now: dt.datetime) -> Tweet:
    return Tweet(
        site_id=feed.site_id,
        feed=feed,
        remote_id=post.remote_id,
        text=post.text,
        entities=post.entities,
        created_at=post.created_at,
        author_id=post.author_id,
        author_username=author.username,
        author_name=author.name,
        is_repost=post.is_repost,
        checked_at=now,
    )


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
    with transaction.atomic():
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
