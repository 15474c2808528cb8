"""The day's reads are divided fairly between the sites."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from app.tenancy.current import use_site
from app.twitter.models import Feed, QuotaUsage
from app.twitter.quota.shares import DayReads
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer

ONE, TWO = frozenset({1}), frozenset({2})


def test_a_site_reads_its_share_and_what_is_open_to_all() -> None:
    day = DayReads(100, {1, 2})
    assert day.share == 25
    assert day.room({1: 100}) == 75

    day.count([ONE] * 75)

    assert day.room({1: 100}) == 0
    assert day.room({2: 100}) == 25
    assert day.room({1: 100, 2: 5}) == 5


def test_a_read_for_several_sites_is_paid_by_the_one_that_read_least() -> None:
    day = DayReads(100, {1, 2}, reads=3, by_site=Counter({1: 3}))

    day.count([ONE | TWO] * 5)

    assert day.by_site == Counter({1: 4, 2: 4})


def test_a_site_alone_may_read_everything() -> None:
    assert DayReads(9, {1}).room({1: 50}) == 9


def test_reads_that_are_not_known_by_site_count() -> None:
    assert DayReads(100, {1, 2}, reads=90).room({1: 100}) == 10


@given(st.integers(0, 200), st.lists(st.sets(st.integers(1, 4), min_size=1), max_size=300))
def test_no_order_of_reads_takes_a_sites_share(limit: int, reads: list[set[int]]) -> None:
    day = DayReads(limit, {1, 2, 3, 4})
    for sites in reads:
        if day.room(dict.fromkeys(sites, 1)) >= 1:
            day.count([sites])
    assert day.reads <= limit
    for site in day.sites:
        left = day.share - day.by_site[site]
        assert left <= 0 or day.room({site: left}) >= left


def test_poll_now_of_one_site_leaves_the_others_their_share(
    north: Site, south: Site, world: World, x: XServer, poll: Poll, settings: Settings
) -> None:
    settings.TWITTER_DAILY_READS = 100
    greedy = [make_feed(north, "user", f"person{number}") for number in range(12)]
    modest = make_feed(south, "user", "zelda")  # the last by name
    for name in [*(feed.value for feed in greedy), "zelda"]:
        account = world.account(name)
        for number in range(10):
            world.post(account, f"{name} {number}", ago=dt.timedelta(minutes=60 - number))
    with use_site(north):
        Feed.objects.update(requested_at=timezone.now())

    poll()
    poll()  # what is left on the same day

    assert len(texts(modest)) == 10
    assert QuotaUsage.objects.get().reads <= 100
    world.post(world.accounts[max(world.accounts)], "zelda in the evening")
    poll()
    assert len(texts(modest)) == 11
    usage = QuotaUsage.objects.get()
    assert sum((usage.reads_by_site or {}).values()) == usage.reads
    assert any("quota" in (reload(feed).state.last_error or "quota") for feed in greedy)


def test_poll_now_goes_first_among_the_sites_own_feeds(
    north: Site, south: Site, world: World, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.twitter.poll.run.THREADS", 1)
    x.limits["search"] = 2
    for number in range(3):
        make_feed(north, "search", f"northern {number}")
    late = make_feed(north, "search", "wanted now")
    theirs = make_feed(south, "search", "southern")
    with use_site(north):
        Feed.objects.filter(pk=late.pk).update(requested_at=timezone.now())

    poll()

    assert reload(late).succeeded_at is not None
    assert reload(theirs).succeeded_at is not None


def test_quota_counts_the_runs_before(north: Site, world: World, x: XServer, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_DAILY_READS = 30
    feeds = [make_feed(north, "user", name) for name in ("nasa", "esa")]
    for name in ("nasa", "esa"):
        account = world.account(name)
        for number in range(20):
            world.post(account, f"Post {number}", ago=dt.timedelta(minutes=90 - number))
    Feed.all_sites.filter(value="esa").update(active=False)
    poll()
    assert QuotaUsage.objects.get().reads == 21
    Feed.all_sites.update(active=True)

    report = poll()

    # Eight posts after the look-up: stored, and counted although the next page has to wait.
    assert (report["users_read"], report["posts_read"]) == (1, 8)
    assert texts(feeds[1]) == [f"Post {number}" for number in range(19, 11, -1)]
    assert QuotaUsage.objects.get().reads == 30
    x.reset()
    report = poll()
    assert (report["skipped"], x.requests) == (2, [])
    assert "quota of reads" in report["summary"]


def test_quota_that_ends_between_two_pages_loses_nothing(
    north: Site, world: World, x: XServer, poll: Poll, settings: Settings
) -> None:
    account = world.account("nasa")
    world.post(account, "The first", ago=dt.timedelta(hours=2))
    followed = make_feed(north, "user", "nasa")
    poll()
    x.largest_page = 10
    for number in range(25):
        world.post(account, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    settings.TWITTER_DAILY_READS = QuotaUsage.objects.get().reads + 15
    poll()
    assert len(texts(followed)) == 1 + 10
    settings.TWITTER_DAILY_READS = 1000

    poll()

    assert len(texts(followed)) == 1 + 25
