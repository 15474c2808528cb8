"""Posts as tweets of feeds. Of an edited post only the newest version stands, and a repost shows its original."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from app.tenancy.isolation.content_version import content_changed_on
from app.twitter.models import Feed, Tweet
from app.twitter.x.posts import Post, Profile


def newest_versions(posts: Collection[Post]) -> list[Post]:
    """The posts that can be shown, without those of which the same response has a newer version."""
    superseded = frozenset().union(*(post.older_versions for post in posts))
    return [post for post in posts if post.author and post.remote_id not in superseded]


def store_tweets(feeds: Sequence[Feed], posts: Sequence[Post], now: dt.datetime) -> set[int]:
    """Stores posts that these feeds do not have yet; needs their sites' locks. Returns the new ones' ids."""
    ids = frozenset().union(*({post.remote_id} | post.versions for post in posts))
    stored = Tweet.all_sites.filter(feed_id__in=[feed.pk for feed in feeds], remote_id__in=ids)
    stored = stored.only("site", "feed", "remote_id", "original_id", "checked_at")
    known = {(tweet.feed_id, tweet.remote_id): tweet for tweet in stored}
    new: list[Tweet] = []
    old: list[Tweet] = []
    for feed in feeds:
        for post in posts:
            tweet = known.get((feed.pk, post.remote_id))
            if any((feed.pk, version) in known for version in post.newer_versions):
                continue
            old += [known[feed.pk, version] for version in post.older_versions if (feed.pk, version) in known]
            if tweet is not None and post.original and tweet.original_id is None:
                old.append(tweet)  # stored when X did not include the original
                new.append(_tweet(feed, post, now))
            elif tweet is None:
                new.append(_tweet(feed, post, now))
    if old:
        Tweet.all_sites.filter(pk__in=[tweet.pk for tweet in old]).delete()
    # A run that lost its lock can meet rows of the next run; the unique constraint decides.
    Tweet.all_sites.bulk_create(new, ignore_conflicts=True)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    not_checked_today = [tweet.pk for tweet in known.values() if tweet.checked_at < midnight]
    if not_checked_today:
        Tweet.all_sites.filter(pk__in=not_checked_today).update(checked_at=now)
    content_changed_on({tweet.site_id for tweet in (*new, *old)})
    return {tweet.remote_id for tweet in new}


def _tweet(feed: Feed, post: Post, now: dt.datetime) -> Tweet:
    shown = post.original or post
    author, reposter = _author(shown), _author(post)
    return Tweet(
        site_id=feed.site_id,
        feed=feed,
        remote_id=post.remote_id,
        text=shown.text,
        entities=shown.entities,
        created_at=shown.created_at,
        author_id=shown.author_id,
        author_username=author.username,
        author_name=author.name,
        is_repost=post.is_repost,
        reposter_username=reposter.username if post.original else "",
        reposter_name=reposter.name if post.original else "",
        original_id=post.original.remote_id if post.original else None,
        checked_at=now,
    )


def _author(post: Post) -> Profile:
    if post.author is None:
        raise ValueError(f"The author of post {post.remote_id} is not known.")
    return post.author
