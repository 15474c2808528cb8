"""The rate windows of X and the daily quota of reads: a poll skips feeds, and says so."""

from __future__ import annotations

import datetime as dt

from django.contrib.sites.models import Site
from pytest_django import Settings

from app.twitter.models import Feed, QuotaUsage
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer


def test_rate_limit_waits_for_the_reset_without_sleeping(
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll
) -> None:
    x.limits["search"] = 1
    searches = [make_feed(north, "search", f"word{number}") for number in range(3)]

    report = poll()

    assert report["exit_code"] == 0
    assert (report["polled"], report["skipped"], report["failed"]) == (2, 2, 0)
    assert "rate limit is reached" in report["summary"]
    assert texts(followed) == ["Good news"]
    (_, reset) = x.windows["stand-in", "search"]
    waiting = [reload(one) for one in searches if reload(one).next_poll_at]
    assert len(waiting) == 2
    assert all(one.next_poll_at and one.next_poll_at.timestamp() == reset for one in waiting)
    x.reset()
    poll()  # the next run knows the window from the database
    assert x.requests_to("search") == []


def test_rate_limit_without_reset_is_one_request(north: Site, x: XServer, poll: Poll) -> None:
    searches = [make_feed(north, "search", f"word{number}") for number in range(3)]
    x.inject("search", status=429, body={"title": "Too Many Requests", "type": "about:blank"}, times=99)

    report = poll()

    assert (report["exit_code"], report["skipped"]) == (0, 3)
    assert len(x.requests) == 1
    assert all(reload(one).last_error == "" for one in searches)


def test_daily_quota_stops_reading(north: Site, world: World, x: XServer, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_DAILY_READS = 9
    nasa, esa = world.account("nasa"), world.account("esa")
    for number in range(20):
        world.post(nasa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
        world.post(esa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    first, second = make_feed(north, "user", "nasa"), make_feed(north, "user", "esa")

    report = poll()

    assert report["exit_code"] == 0
    assert report["skipped"] >= 1
    assert "quota" in report["summary"]
    assert report["posts_read"] + report["users_read"] <= 9
    assert QuotaUsage.objects.get().reads == report["posts_read"] + report["users_read"]
    waiting = next(reload(one) for one in (first, second) if reload(one).next_poll_at)
    assert waiting.last_error == ""
    assert waiting.next_poll_at is not None
    assert waiting.next_poll_at.time() == dt.time(0)
