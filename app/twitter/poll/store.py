"""Writes what a poll found into the sites' rows. Whoever reads sees a source's posts and its mark together.

`all_sites` here and in the rest of the poll: it works for every site at once, and each row that it writes
takes its site from the feed that it belongs to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from app.tenancy.models import SiteProfile
from app.twitter.models import Feed, KnownAccount, Tweet
from app.twitter.poll.fetch import Found
from app.twitter.poll.plan import Account, Row
from app.twitter.x.errors import UNUSABLE, WAITING, Transient, XError
from app.twitter.x.posts import Post, Profile

CHUNK = 500
LONGEST_WAIT = dt.timedelta(hours=24)
LONGEST_SILENCE = dt.timedelta(hours=1)


def load_rows(site_id: int | None) -> list[Row]:
    """The active feeds of active sites, or of one. Credentials are left empty."""
    feeds = Feed.all_sites.filter(active=True, site__profile__state=SiteProfile.State.ACTIVE)
    if site_id is not None:
        feeds = feeds.filter(site_id=site_id)
    return [
        Row(
            feed=feed.pk, site=feed.site_id, kind=feed.kind, value=feed.value, credential="",
            since_id=feed.since_id, since_at=feed.since_at, succeeded_at=feed.succeeded_at,
            tried_at=feed.tried_at, next_poll_at=feed.next_poll_at,
            requested=feed.requested_at is not None, failures=feed.failures,
        )
        for feed in feeds.order_by("pk").iterator()
    ]  # fmt: skip


def load_accounts() -> dict[str, Account]:
    return {
        row.name: Account(Profile(row.number, row.username, row.display_name, False), row.checked_at)
        for row in KnownAccount.objects.iterator()
    }


def keep_accounts(profiles: dict[str, Profile], now: dt.datetime) -> None:
    KnownAccount.objects.bulk_create(
        [
            KnownAccount(
                name=name, number=profile.id, username=profile.username,
                display_name=profile.name, checked_at=now,
            )
            for name, profile in profiles.items()
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["number", "username", "display_name", "checked_at"],
    )  # fmt: skip


def unread_today(posts: Iterable[Post], now: dt.datetime) -> set[int]:
    """Which of these X bills: a post counts once a day (UTC), however often it is read."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    numbers = {post.id for post in posts}
    known = Tweet.all_sites.filter(remote_id__in=numbers, checked_at__gte=midnight)
    return numbers - set(known.values_list("remote_id", flat=True)) if numbers else set()


def store_quiet(founds: Sequence[Found], now: dt.datetime) -> None:
    """Sources that were asked and brought nothing: only their state moves."""
    marks: dict[Post | None, list[Row]] = {}
    for found in founds:
        for row in found.source.rows:
            ahead = found.newest is not None and found.newest.id > (row.since_id or 0)
            marks.setdefault(found.newest if ahead else None, []).append(row)
    with transaction.atomic():
        for newest, rows in marks.items():
            _succeed(rows, newest, now)


def store_posts(found: Found, now: dt.datetime) -> int:
    """One source's posts to every feed that follows it, in one transaction; how many posts were new."""
    posts = [post for post in found.posts if post.author is not None]
    new: set[int] = set()
    with transaction.atomic():
        rows = _still_followed(found.source.rows)
        # A popular source has thousands of feeds; only so many rows are held in memory at a time.
        for some in _chunks(rows, max(CHUNK // max(len(posts), 1), 1)):
            new |= _fan_out(some, posts, now)
        _succeed([row for row in rows if _ahead(found, row)], found.newest, now)
        _succeed([row for row in rows if not _ahead(found, row)], None, now)
    return len(new)


def _fan_out(rows: Sequence[Row], posts: Sequence[Post], now: dt.datetime) -> set[int]:
    known = _known(rows, posts)
    tweets = [_tweet(row, post, now) for row in rows for post in posts if (row.feed, post.id) not in known]
    # A run that lost its lock on the way meets rows of the next one; the constraint says which.
    Tweet.all_sites.bulk_create(tweets, ignore_conflicts=True)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    old = [pk for pk, checked_at in known.values() if checked_at < midnight]
    if old:
        Tweet.all_sites.filter(pk__in=old).update(checked_at=now)
    raise_content_versions({tweet.site_id for tweet in tweets})
    return {tweet.remote_id for tweet in tweets}


def store_failure(rows: Sequence[Row], error: XError, now: dt.datetime) -> None:
    """What an editor reads at the feed, and when it is tried again."""
    if isinstance(error, WAITING):
        _update(rows, tried_at=now, next_poll_at=error.reset_at)
        return  # and a "poll now" stays in the queue
    if isinstance(error, UNUSABLE):
        _update(rows, tried_at=now, next_poll_at=None, last_error=error.sentence)
    else:
        failures = 1 + max(row.failures for row in rows)
        wait = _wait(error, failures)
        _update(
            rows,
            tried_at=now,
            next_poll_at=now + wait if wait else None,
            last_error=error.sentence,
            failures=failures,
        )
    _answered(rows, now)


def raise_marks(rows: Sequence[Row], newest: Post, now: dt.datetime) -> None:
    """Moves the marks of feeds that this run filled up to a post that is older than their answers."""
    behind = Q(since_id__lt=newest.id) | Q(since_id=None)
    for some in _chunks(rows, CHUNK):
        feeds = Feed.all_sites.filter(behind, pk__in=[row.feed for row in some], succeeded_at=now)
        feeds.update(since_id=newest.id, since_at=newest.created_at)


def withdraw(rows: Sequence[Row]) -> int:
    """Removes the posts of feeds whose account may not be shown any more; how many rows."""
    tweets = Tweet.all_sites.filter(feed_id__in=[row.feed for row in rows])
    with transaction.atomic():
        sites = set(tweets.values_list("site_id", flat=True))
        raise_content_versions(sites)
        return tweets.delete()[0] if sites else 0


def prune(site_id: int | None, keep: int) -> int:
    """Drops what is older than the newest `keep` posts of each feed; how many rows."""
    mine = Q() if site_id is None else Q(site_id=site_id)
    full = Tweet.all_sites.filter(mine).values("feed").annotate(held=Count("pk")).filter(held__gt=keep)
    feeds = [row["feed"] for row in full.order_by()]
    removed = 0
    for start in range(0, len(feeds), CHUNK):
        rank = Window(RowNumber(), partition_by=F("feed"), order_by=F("remote_id").desc())
        ranked = Tweet.all_sites.filter(feed__in=feeds[start : start + CHUNK]).annotate(rank=rank)
        removed += Tweet.all_sites.filter(pk__in=ranked.filter(rank__gt=keep).values("pk")).delete()[0]
    return removed


def forget_accounts() -> None:
    """Accounts that nobody follows any more."""
    followed = Feed.all_sites.filter(kind=Feed.Kind.USER).values("value")
    forgotten = list(KnownAccount.objects.exclude(name__in=followed).values_list("pk", flat=True))
    if forgotten:
        KnownAccount.objects.filter(pk__in=forgotten).delete()


def raise_content_versions(sites: Collection[int]) -> None:
    """What was made from these sites' content is out of date, in the transaction that makes it so."""
    if sites:
        # In order, so that two writers never wait for each other's rows.
        profiles = SiteProfile.objects.select_for_update().filter(site_id__in=sites).order_by("site_id")
        locked = list(profiles.values_list("pk", flat=True))
        SiteProfile.objects.filter(pk__in=locked).update(content_version=F("content_version") + 1)


def _still_followed(rows: Sequence[Row]) -> list[Row]:
    """The rows whose feed is still there, on, and after the same thing; locked until they are written."""
    feeds = Feed.all_sites.select_for_update().filter(pk__in=[row.feed for row in rows], active=True)
    current = {pk: (kind, value) for pk, kind, value in feeds.order_by("pk").values_list("pk", "kind", "value")}
    return [row for row in rows if current.get(row.feed) == (row.kind, row.value)]


def _known(rows: Sequence[Row], posts: Sequence[Post]) -> dict[tuple[int, int], tuple[int, dt.datetime]]:
    tweets = Tweet.all_sites.filter(feed_id__in=[row.feed for row in rows], remote_id__in=[post.id for post in posts])
    return {
        (feed, number): (pk, checked_at)
        for pk, feed, number, checked_at in tweets.values_list("pk", "feed_id", "remote_id", "checked_at")
    }


def _tweet(row: Row, post: Post, now: dt.datetime) -> Tweet:
    assert post.author is not None  # noqa: S101  # store_posts() picked those with one
    return Tweet(
        site_id=row.site, feed_id=row.feed, remote_id=post.id, text=post.text, entities=post.entities,
        created_at=post.created_at, author_id=post.author_id, author_username=post.author.username,
        author_name=post.author.name, is_repost=post.is_repost, checked_at=now,
    )  # fmt: skip


def _ahead(found: Found, row: Row) -> bool:
    return found.newest is not None and found.newest.id > (row.since_id or 0)


def _succeed(rows: Sequence[Row], newest: Post | None, now: dt.datetime) -> None:
    mark: dict[str, Any] = {"since_id": newest.id, "since_at": newest.created_at} if newest else {}
    _update(rows, succeeded_at=now, tried_at=now, next_poll_at=None, last_error="", failures=0, **mark)
    _answered(rows, now)


def _answered(rows: Sequence[Row], now: dt.datetime) -> None:
    # A "poll now" that was pressed while this run was under way is for the next one.
    asked = [row.feed for row in rows if row.requested]
    if asked:
        Feed.all_sites.filter(pk__in=asked, requested_at__lte=now).update(requested_at=None)


def _update(rows: Sequence[Row], **state: Any) -> None:
    for some in _chunks(rows, CHUNK):
        Feed.all_sites.filter(pk__in=[row.feed for row in some]).update(**state)


def _chunks(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _wait(error: XError, failures: int) -> dt.timedelta | None:
    """The first two hiccups cost nothing, then minutes, doubling; what is gone or wrong waits longer."""
    if isinstance(error, Transient):
        return None if failures < 3 else min(dt.timedelta(minutes=_doubled(5, failures - 3)), LONGEST_SILENCE)
    return min(dt.timedelta(minutes=_doubled(15, failures - 1)), LONGEST_WAIT)


def _doubled(minutes: int, times: int) -> int:
    return minutes << min(times, 10)
