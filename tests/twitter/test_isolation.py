"""Sites share requests to X and nothing else."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site

from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.isolation.cross_site import CrossSiteReference
from app.twitter.models import Credential, Feed, Tweet
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer


def test_no_site_reads_anothers_feed_or_token(north: Site, south: Site, world: World, poll: Poll) -> None:
    world.post(world.account("nasa"), "Lift-off")
    theirs = make_feed(north, "user", "nasa")
    poll()
    with use_site(north):
        Credential.objects.create(token="northern")
    with use_site(south):
        assert not Feed.objects.filter(pk=theirs.pk).exists()
        assert not Tweet.objects.filter(feed=theirs.pk).exists()
        assert not Credential.objects.exists()
        with pytest.raises(CrossSiteReference):
            Tweet(feed_id=theirs.pk, remote_id=1, text="forged").save()
    for model in (Feed, Tweet, Credential):
        with pytest.raises(NoCurrentSite):
            model.objects.exists()


def test_sites_own_token_is_used_for_its_own_feeds_only(
    north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.post(world.account("nasa"), "Lift-off")
    x.tokens.add("northern")
    with use_site(north):
        Credential.objects.create(token="northern")
    feeds = [
        make_feed(north, "user", "nasa"),
        make_feed(south, "user", "nasa"),
        make_feed(south, "search", "southern secret"),
    ]

    assert poll()["exit_code"] == 0

    assert [texts(one) for one in feeds] == [["Lift-off"], ["Lift-off"], []]
    assert {request.token for request in x.requests_to("timeline")} == {"northern", "stand-in"}
    assert {request.token for request in x.requests_to("search")} == {"stand-in"}


def test_refused_token_of_a_site_fails_only_its_feeds(
    north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.post(world.account("nasa"), "Lift-off")
    with use_site(north):
        Credential.objects.create(token="expired")
    ours, theirs = make_feed(north, "user", "nasa"), make_feed(south, "user", "nasa")

    report = poll()

    assert (report["exit_code"], report["polled"], report["failed"]) == (1, 1, 1)
    assert reload(ours).last_error == "X refuses the token (HTTP 401)."
    assert texts(theirs) == ["Lift-off"]
    assert reload(theirs).last_error == ""
    with use_site(north):
        Feed.objects.all().delete()
    assert poll()["exit_code"] == 0


def test_site_cannot_change_a_shared_source(north: Site, south: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(world.account("evil"), "Bait")
    world.post(nasa, "Lift-off")
    ours = make_feed(north, "user", "nasa")
    poll()
    # All that the other site can write: values with operators, its own feeds, its own tweets.
    for value in ("evil) OR (from:nasa", "nasa OR from:evil", "nasa -is:quote", '"', "nasa\nevil"):
        make_feed(south, "user", value)
    shared = make_feed(south, "user", "NASA")
    poll()
    Tweet.all_sites.filter(feed=shared).update(text="Forged", author_username="evil")
    with use_site(south):
        # Far ahead: if the cursor were shared, no post would be new.
        Feed.objects.filter(pk=shared.pk).update(since_id=2**62)
    world.post(nasa, "Landing")

    poll()

    assert texts(ours) == ["Landing", "Lift-off"]
    assert {tweet.author_username for tweet in Tweet.all_sites.filter(feed=ours)} == {"nasa"}
    assert not any("evil" in request.params.get("query", "") for request in x.requests)


def test_new_site_is_filled_from_x_and_not_from_another_site(
    north: Site, south: Site, world: World, poll: Poll
) -> None:
    world.post(world.account("nasa"), "Lift-off")
    make_feed(north, "user", "nasa")
    poll()
    Tweet.all_sites.update(text="Forged by north")
    late = make_feed(south, "user", "nasa")

    poll()

    assert texts(late) == ["Lift-off"]
    assert reload(late).last_error == ""
