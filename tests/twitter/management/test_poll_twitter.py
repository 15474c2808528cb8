"""The command, against the stand-in: what it brings, what it asks, how it ends."""

from __future__ import annotations

import datetime as dt

from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.twitter.models import Feed, Spending, Tweet
from tests.twitter.conftest import Poll, feed, fresh, texts
from tests.x_api import World, XServer


def test_it_works(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("NASA")
    esa = world.account("esa", name="ESA")
    world.post(nasa, "Lift-off")
    world.post(esa, "Landing of comet lander")
    ours = [feed(north, "user", "@NASA"), feed(south, "user", "https://x.com/nasa"), feed(south, "user", "esa")]
    listed = feed(north, "list", world.make_list([nasa, esa]))
    found = feed(south, "search", "comet")

    said = poll()

    assert said["exit_code"] == 0
    assert (said["sites"], said["feeds"], said["polled"], said["failed"]) == (2, 5, 5, 0)
    assert [texts(one) for one in ours] == [["Lift-off"], ["Lift-off"], ["Landing of comet lander"]]
    assert texts(listed) == ["Landing of comet lander", "Lift-off"]
    assert texts(found) == ["Landing of comet lander"]
    assert said["new_posts"] == 5  # per source: one of each user, two of the list, one of the search
    assert said["posts_read"] == 2  # however many feeds showed them
    assert len(x.asked("timeline")) == 2  # one question however many sites ask it
    tweet = Tweet.all_sites.filter(feed=found).get()
    assert (tweet.author_username, tweet.author_name) == ("esa", "ESA")
    assert said["summary"].startswith("poll_twitter: 5 feeds of 5 on 2 sites polled, 0 failed")


def test_second_poll_brings_only_what_is_new(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    people = [world.account(f"person{number}") for number in range(30)]
    feeds = [feed(site, "user", person.username) for person in people for site in (north, south)]
    for person in people:
        world.post(person, f"First of {person.username}", ago=dt.timedelta(hours=1))
    poll()
    x.forget()
    world.post(people[3], "Second", ago=dt.timedelta(minutes=2))

    said = poll()

    assert {call.endpoint for call in x.calls} == {"search"}
    assert len(x.calls) == 2  # thirty people, two searches
    assert (said["new_posts"], said["posts_read"]) == (1, 1)
    assert texts(feeds[6]) == texts(feeds[7]) == ["Second", "First of person3"]
    x.forget()
    said = poll()
    assert (said["new_posts"], said["posts_read"], said["calls"]) == (0, 0, 2)
    assert sum(call.posts for call in x.calls) == 0


def test_poll_with_nothing_new_writes_only_state(north: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Lift-off")
    feed(north, "user", "nasa")
    feed(north, "list", world.make_list([nasa]))
    feed(north, "search", "lift-off")
    poll()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        said = poll()

    writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    state = ("twitter_feed", "twitter_pollrecord", "twitter_ratewindow")
    assert said["posts_read"] == 0
    assert writes
    assert all(any(f'"{table}"' in sql.split("WHERE")[0] for table in state) for sql in writes), writes


def test_no_feeds_is_nothing_to_do(db: None, x: XServer, poll: Poll) -> None:
    said = poll()

    assert said["summary"] == "poll_twitter: there are no feeds to poll."
    assert x.calls == []


def test_site_option_touches_only_that_site(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Before")
    of_north, of_south = feed(north, "user", "nasa"), feed(south, "user", "nasa")
    poll()
    world.post(nasa, "After")
    before = Feed.all_sites.filter(pk=of_north.pk).values().get()

    said = poll(site=str(south.pk))

    assert (said["sites"], said["feeds"]) == (1, 1)
    assert texts(of_south) == ["After", "Before"]
    assert texts(of_north) == ["Before"]
    assert Feed.all_sites.filter(pk=of_north.pk).values().get() == before
    poll(site="north.test")
    assert texts(of_north) == ["After", "Before"]


def test_dry_run_asks_and_writes_nothing(north: Site, world: World, x: XServer, poll: Poll) -> None:
    world.post(world.account("nasa"), "Lift-off")
    ours = feed(north, "user", "nasa")
    feed(north, "search", "comet")

    said = poll(dry_run=True)

    assert said["questions"] == ["look up @nasa, then read their posts", "search comet"]
    assert x.calls == []
    assert fresh(ours).tried_at is None


def test_feed_keeps_its_newest_posts(north: Site, world: World, poll: Poll, settings: object) -> None:
    settings.TWITTER_KEEP = 7  # type: ignore[attr-defined]
    nasa = world.account("nasa")
    for number in range(30):
        world.post(nasa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    ours = feed(north, "user", "nasa")
    poll()
    world.post(nasa, "The latest")
    poll()

    assert texts(ours) == ["The latest", *(f"Post {number}" for number in range(29, 23, -1))]


def test_pages_are_followed(north: Site, world: World, x: XServer, poll: Poll) -> None:
    x.largest_page = 5
    nasa = world.account("nasa")
    for number in range(12):
        world.post(nasa, f"Old {number}", ago=dt.timedelta(hours=2, minutes=-number))
    ours = feed(north, "user", "nasa")
    poll()
    assert len(texts(ours)) == 12
    for number in range(13):
        world.post(nasa, f"New {number}", ago=dt.timedelta(minutes=30 - number))
    poll()
    assert texts(ours)[:13] == [f"New {number}" for number in range(12, -1, -1)]


def test_daily_budget_stops_reading_and_says_so(
    north: Site, world: World, x: XServer, poll: Poll, settings: object
) -> None:
    settings.TWITTER_DAILY_READS = 9  # type: ignore[attr-defined]
    nasa, esa = world.account("nasa"), world.account("esa")
    for number in range(20):
        world.post(nasa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
        world.post(esa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    first, second = feed(north, "user", "nasa"), feed(north, "user", "esa")

    said = poll()

    assert said["exit_code"] == 0
    assert said["waiting"] >= 1
    assert "budget" in said["summary"]
    assert said["posts_read"] + said["users_read"] <= 9
    assert Spending.objects.get().reads == said["posts_read"] + said["users_read"]
    waiting = next(fresh(one) for one in (first, second) if fresh(one).next_poll_at)
    assert waiting.last_error == ""
    assert waiting.next_poll_at is not None
    assert waiting.next_poll_at.time() == dt.time(0)


def test_new_feed_on_a_followed_account_is_filled(north: Site, south: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Old", ago=dt.timedelta(days=3))
    feed(north, "user", "nasa")
    poll()

    late = feed(south, "user", "nasa")
    poll()

    assert texts(late) == ["Old"]


def test_only_active_feeds_of_active_sites_are_polled(
    north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.account("nasa")
    feed(north, "user", "nasa")
    south.profile.state = "suspended"
    south.profile.save()
    feed(south, "search", "comet")
    Feed.all_sites.filter(site=north).update(active=False)

    assert poll()["feeds"] == 0
    assert x.calls == []
