"""The command, against the stand-in: what it stores, which requests it sends, how it ends."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from app.twitter.models import Feed, Tweet
from tests.support.commands import call_main
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer


def test_it_works(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("NASA")
    esa = world.account("esa", name="ESA")
    world.post(nasa, "Lift-off")
    world.post(esa, "Landing of comet lander")
    ours = [
        make_feed(north, "user", "@NASA"),
        make_feed(south, "user", "https://x.com/nasa"),
        make_feed(south, "user", "esa"),
    ]
    listed = make_feed(north, "list", world.make_list([nasa, esa]))
    found = make_feed(south, "search", "comet")

    report = poll()

    assert report["exit_code"] == 0
    assert (report["sites"], report["feeds"], report["polled"], report["failed"]) == (2, 5, 5, 0)
    assert [texts(one) for one in ours] == [["Lift-off"], ["Lift-off"], ["Landing of comet lander"]]
    assert texts(listed) == ["Landing of comet lander", "Lift-off"]
    assert texts(found) == ["Landing of comet lander"]
    assert report["new_posts"] == 5  # per source: one of each user, two of the list, one of the search
    assert report["posts_read"] == 2  # however many feeds show them
    assert len(x.requests_to("timeline")) == 2  # one request, however many sites follow the account
    tweet = Tweet.all_sites.filter(feed=found).get()
    assert (tweet.author_username, tweet.author_name) == ("esa", "ESA")
    assert report["summary"].startswith(
        "poll_twitter: 5 feeds of 5 on 2 sites polled, 0 failed, 0 skipped, 5 new posts"
    )


def test_second_poll_reads_only_new_posts(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    people = [world.account(f"person{number}") for number in range(30)]
    feeds = [make_feed(site, "user", person.username) for person in people for site in (north, south)]
    for person in people:
        world.post(person, f"First of {person.username}", ago=dt.timedelta(hours=1))
    poll()
    x.reset()
    world.post(people[3], "Second", ago=dt.timedelta(minutes=2))

    report = poll()

    assert {request.endpoint for request in x.requests} == {"search"}
    assert len(x.requests) == 2  # thirty people, two searches
    assert (report["new_posts"], report["posts_read"]) == (1, 1)
    assert texts(feeds[6]) == texts(feeds[7]) == ["Second", "First of person3"]
    x.reset()
    report = poll()
    assert (report["new_posts"], report["posts_read"], report["calls"]) == (0, 0, 2)
    assert sum(request.posts for request in x.requests) == 0


def test_poll_with_nothing_new_writes_only_state(north: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Lift-off")
    make_feed(north, "user", "nasa")
    make_feed(north, "list", world.make_list([nasa]))
    make_feed(north, "search", "lift-off")
    poll()

    with CaptureQueriesContext(connection) as queries:
        report = poll()

    writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    state = ("twitter_feed", "twitter_pollrecord", "twitter_ratewindow")
    assert report["posts_read"] == 0
    assert writes
    assert all(any(f'"{table}"' in sql.split("WHERE")[0] for table in state) for sql in writes), writes


def test_nothing_to_do_without_feeds(db: None, x: XServer, poll: Poll) -> None:
    report = poll()

    assert report["summary"] == "poll_twitter: there are no feeds to poll."
    assert x.requests == []


def test_site_option_touches_only_that_site(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Before")
    of_north, of_south = make_feed(north, "user", "nasa"), make_feed(south, "user", "nasa")
    poll()
    world.post(nasa, "After")
    before = Feed.all_sites.filter(pk=of_north.pk).values().get()

    report = poll(site=str(south.pk))

    assert (report["sites"], report["feeds"]) == (1, 1)
    assert texts(of_south) == ["After", "Before"]
    assert texts(of_north) == ["Before"]
    assert Feed.all_sites.filter(pk=of_north.pk).values().get() == before
    poll(site="north.test")
    assert texts(of_north) == ["After", "Before"]


def test_dry_run_sends_and_writes_nothing(north: Site, world: World, x: XServer, poll: Poll) -> None:
    world.post(world.account("nasa"), "Lift-off")
    ours = make_feed(north, "user", "nasa")
    make_feed(north, "search", "comet")

    report = poll(dry_run=True)

    assert report["requests"] == ["look up @nasa", "search comet"]
    assert report["summary"] == "poll_twitter: 2 requests for 2 feeds; nothing sent, nothing written."
    assert x.requests == []
    assert reload(ours).tried_at is None


def test_old_tweets_are_pruned(north: Site, world: World, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_KEEP = 7
    nasa = world.account("nasa")
    for number in range(30):
        world.post(nasa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    ours = make_feed(north, "user", "nasa")
    poll()
    world.post(nasa, "The latest")
    poll()

    assert texts(ours) == ["The latest", *(f"Post {number}" for number in range(29, 23, -1))]


def test_pages_are_followed(north: Site, world: World, x: XServer, poll: Poll) -> None:
    x.largest_page = 5
    nasa = world.account("nasa")
    for number in range(12):
        world.post(nasa, f"Old {number}", ago=dt.timedelta(hours=2, minutes=-number))
    ours = make_feed(north, "user", "nasa")
    poll()
    assert len(texts(ours)) == 12
    for number in range(13):
        world.post(nasa, f"New {number}", ago=dt.timedelta(minutes=30 - number))
    poll()
    assert texts(ours)[:13] == [f"New {number}" for number in range(12, -1, -1)]


def test_new_feed_of_a_known_account_is_filled(north: Site, south: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Old", ago=dt.timedelta(days=3))
    make_feed(north, "user", "nasa")
    poll()

    late = make_feed(south, "user", "nasa")
    poll()

    assert texts(late) == ["Old"]


def test_only_active_feeds_of_active_sites_are_polled(
    north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.account("nasa")
    make_feed(north, "user", "nasa")
    south.profile.state = "suspended"
    south.profile.save()
    make_feed(south, "search", "comet")
    Feed.all_sites.filter(site=north).update(active=False)

    assert poll()["feeds"] == 0
    assert x.requests == []


def test_poll_requested_during_a_run_stays_queued(followed: Feed, poll: Poll) -> None:
    during_the_run = timezone.now() + dt.timedelta(hours=1)  # later than the start of the run
    Feed.all_sites.update(requested_at=during_the_run)

    assert poll()["polled"] == 1
    assert reload(followed).requested_at == during_the_run


def test_feed_that_fails_is_named_with_its_site(
    north: Site, south: Site, world: World, x: XServer, poll: Poll, caplog: pytest.LogCaptureFixture
) -> None:
    world.post(world.account("nasa"), "Lift-off")
    make_feed(north, "user", "nasa")
    make_feed(south, "search", "colour:red")

    report = poll()

    message = "X rejects this request: Reference to invalid operator 'colour:red'"
    assert report["failed_feeds"] == [
        {"site": "south.test", "feed": "colour:red", "kind": "invalid", "message": message}
    ]
    Feed.all_sites.update(requested_at=timezone.now())
    done = call_main("poll_twitter")
    assert done.returncode == 1
    assert f"poll_twitter: colour:red on south.test: {message}" in caplog.messages
    assert f"  colour:red on south.test: {message}\n" in done.stdout


def test_many_feeds_with_one_fault_are_one_line(north: Site, x: XServer, settings: Settings) -> None:
    settings.TWITTER_BEARER_TOKEN = ""
    for number in range(8):
        make_feed(north, "search", f"word{number}")

    lines = call_main("poll_twitter").stdout.splitlines()

    assert len(lines) == 2
    assert lines[0].startswith("  word0 on north.test, word1 on north.test, ")
    assert lines[0].endswith(" and 3 more: There is no bearer token for X.")


def test_dry_run_says_that_there_is_no_token(north: Site, x: XServer, settings: Settings) -> None:
    settings.TWITTER_BEARER_TOKEN = ""
    make_feed(north, "search", "comet")

    done = call_main("poll_twitter", "--dry-run")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "  comet on north.test: There is no bearer token for X.",
        "poll_twitter: 0 requests for 1 feeds; nothing sent, nothing written. 1 would fail: There is no bearer token "
        "for X.",
    ]
    assert json.loads(call_main("poll_twitter", "--dry-run", "--json").stdout)["failed_feeds"][0]["feed"] == "comet"
