"""Makes feeds and reads what is stored for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.sites.models import Site

from app.tenancy.current import use_site
from app.twitter.models import Feed, Tweet

Poll = Callable[..., dict[str, Any]]  # the `poll` fixture: runs the command, returns its JSON


def make_feed(site: Site, kind: str, value: object) -> Feed:
    with use_site(site):
        feed: Feed = Feed.objects.create(kind=kind, value=str(value))
    return feed


def texts(feed: Feed) -> list[str]:
    """The texts of the feed's tweets, newest first."""
    with use_site(feed.site_id):
        return list(Tweet.objects.filter(feed=feed).values_list("text", flat=True))


def reload(feed: Feed) -> Feed:
    with use_site(feed.site_id):
        stored: Feed = Feed.objects.get(pk=feed.pk)
    return stored
