"""`{% tweets_for_user "nasa" 5 as tweets %}`: stored tweets of the current site, in one query, without network."""

from __future__ import annotations

from django import template
from django.db.models import Subquery

from app.twitter.feed_values import InvalidValue, normalise
from app.twitter.models import Feed, Tweet

register = template.Library()
MAX_COUNT = 1000


@register.simple_tag
def tweets_for_user(value: object, count: object = 5) -> list[Tweet]:
    return _newest("user", value, count)


@register.simple_tag
def tweets_for_list(value: object, count: object = 5) -> list[Tweet]:
    return _newest("list", value, count)


@register.simple_tag
def tweets_for_search(value: object, count: object = 5) -> list[Tweet]:
    return _newest("search", value, count)


@register.simple_tag
def tweets_default(count: object = 5) -> list[Tweet]:
    """Of the site's default feed, or else of its first."""
    feeds = Feed.objects.filter(active=True).order_by("-is_default", "pk")
    return list(Tweet.objects.filter(feed_id__in=Subquery(feeds.values("pk")[:1]))[: _limit(count)])


# A mistake in a template leaves out the feed, not the page; the panel of the admin says which one.


def _newest(kind: str, value: object, count: object) -> list[Tweet]:
    try:
        stored = normalise(kind, str(value))
    except InvalidValue:
        return []
    return list(Tweet.objects.filter(feed__kind=kind, feed__value=stored, feed__active=True)[: _limit(count)])


def _limit(count: object) -> int:
    try:
        return min(max(int(str(count)), 0), MAX_COUNT)
    except ValueError:
        return 0
