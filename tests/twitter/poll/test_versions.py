"""Reposts show the original, and of an edited post only the newest version stands."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sites.models import Site
from django.template.loader import render_to_string
from django.utils import timezone

from app.tenancy.current import use_site
from app.twitter.models import Feed, Tweet
from tests.support.twitter import Poll, make_feed, texts
from tests.x_api import World, XServer

LONG = "Landed. " * 40


def shown(feed: Feed) -> str:
    with use_site(feed.site_id):
        return render_to_string("twitter/tweets.html", {"tweets": list(Tweet.objects.filter(feed=feed))})


def test_repost_shows_the_whole_original_and_its_author(north: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa, esa = world.account("nasa", name="NASA"), world.account("esa", name="ESA")
    original = world.post(
        esa, LONG[:140], ago=dt.timedelta(days=2), note_tweet={"text": LONG + "#moon", "entities": {}}
    )
    repost = world.repost(nasa, original)
    assert repost.text.startswith("RT @esa: ")
    ours = make_feed(north, "list", world.make_list([nasa]))

    report = poll()

    assert texts(ours) == [LONG + "#moon"]
    tweet = Tweet.all_sites.get()
    assert (tweet.author_username, tweet.reposter_username, tweet.is_repost) == ("esa", "nasa", True)
    assert (tweet.remote_id, tweet.original_id) == (repost.remote_id, original.remote_id)
    assert tweet.created_at.date() == original.created_at.date()
    page = shown(ours)
    assert "NASA reposted" in page
    assert '<strong dir="auto">ESA</strong> @esa' in page
    assert f"https://x.com/esa/status/{original.remote_id}" in page
    assert "RT @" not in page
    assert report["posts_read"] == 2  # the repost and its original
    assert poll()["posts_read"] == 0


def test_repost_that_was_stored_without_its_original_is_completed(north: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.repost(nasa, world.post(world.account("esa"), LONG, ago=dt.timedelta(days=2)))
    ours = make_feed(north, "list", world.make_list([nasa]))
    poll()
    Tweet.all_sites.update(text="RT @esa: Landed…", author_username="nasa", reposter_username="", original_id=None)

    poll()

    assert texts(ours) == [LONG]


def test_repost_without_its_original_is_labelled_as_before(north: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "RT @esa: Landed", referenced_tweets=[{"type": "retweeted", "id": "1"}])
    ours = make_feed(north, "list", world.make_list([nasa]))
    poll()

    assert "Nasa reposted" in shown(ours)


@pytest.mark.parametrize("kind", ["user", "list", "search"])
def test_edit_replaces_the_version_that_is_stored(
    kind: str, north: Site, south: Site, world: World, poll: Poll
) -> None:
    nasa = world.account("nasa")
    value = {"user": "nasa", "list": str(world.make_list([nasa])), "search": "landed"}[kind]
    first = world.post(nasa, "Landed on Mras", ago=dt.timedelta(minutes=20))
    feeds = [make_feed(site, kind, value) for site in (north, south)]
    poll()
    assert [texts(feed) for feed in feeds] == [["Landed on Mras"]] * 2
    second = world.edit(first, "Landed on Mers", ago=dt.timedelta(minutes=10))
    world.edit(second, "Landed on Mars", ago=dt.timedelta(minutes=2))

    poll()

    assert [texts(feed) for feed in feeds] == [["Landed on Mars"]] * 2


def test_page_with_two_versions_shows_the_newest(north: Site, x: XServer, poll: Poll) -> None:
    ours = make_feed(north, "search", "word")
    old, new = (
        {
            "id": str(9_000 + number), "text": f"Version {number}", "author_id": "7",
            "created_at": "2026-01-01T00:00:00.000Z", "edit_history_tweet_ids": ["9001", "9002"],
        }
        for number in (1, 2)
    )  # fmt: skip
    users = {"users": [{"id": "7", "username": "seven", "name": "Seven"}]}
    x.inject("search", status=200, body={"data": [old, new], "includes": users})
    poll()
    assert texts(ours) == ["Version 2"]
    # A later page with the old version only does not bring it back.
    Feed.all_sites.update(since_id=None, since_at=None)
    x.inject("search", status=200, body={"data": [old], "includes": users})

    poll()

    assert texts(ours) == ["Version 2"]


def test_version_that_a_search_no_longer_finds_is_removed(north: Site, world: World, x: XServer, poll: Poll) -> None:
    post = world.post(world.account("nasa"), "Landed on Mars", ago=dt.timedelta(minutes=20))
    ours = make_feed(north, "search", "mars")
    poll()
    world.edit(post, "Landed on the Moon")
    Tweet.all_sites.update(checked_at=timezone.now() - dt.timedelta(hours=21))

    report = poll()

    assert report["removed_posts"] == 1
    assert texts(ours) == []
