"""`{% tweets_for_user "nasa" 5 as tweets %}`: stored tweets of the current site, in one query, without network."""

from __future__ import annotations

from django import template
from django.db.models import Subquery

from app.twitter.feed_values import InvalidValue, normalise
from app.twitter.models import Feed, Tweet

register = template.Library()


@register.simple_tag
def tweets_for_user(value: str, count: int = 5) -> list[Tweet]:
    return _newest("user", value, count)


@register.simple_tag
def tweets_for_list(value: str | int, count: int = 5) -> list[Tweet]:
    return _newest("list", str(value), count)


@register.simple_tag
def tweets_for_search(value: str, count: int = 5) -> list[Tweet]:
    return _newest("search", value, count)


@register.simple_tag
def tweets_default(count: int = 5) -> list[Tweet]:
    """Of the site's default feed, or else of its first."""
    feeds = Feed.objects.filter(active=True).order_by("-is_default", "pk")
    return list(Tweet.objects.filter(feed_id__in=Subquery(feeds.values("pk")[:1]))[: max(int(count), 0)])


def _newest(kind: str, value: str, count: int) -> list[Tweet]:
    try:
        value = normalise(kind, value)
    except InvalidValue:
        return []  # a mistake in a template leaves out the feed, not the page
    tweets = Tweet.objects.filter(feed__kind=kind, feed__value=value, feed__active=True)
    return list(tweets[: max(int(count), 0)])
