"""Changes on X: accounts are renamed or disappear, posts are deleted, cursors grow old. And invalid values."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone

from app.twitter.models import Feed, KnownAccount, RateWindow, Tweet
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer
from tests.x_api.responses import PROBLEMS


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("user", "a b", "A user name has 1 to 15 letters"),
        ("user", "🚀", "A user name has 1 to 15 letters"),
        ("user", "n" * 300, "A user name has 1 to 15 letters"),
        ("user", "x OR from:good", "A user name has 1 to 15 letters"),
        ("list", "my list", "A list is given by its id"),
        ("search", "   ", "A search needs at least one word"),
        ("search", "(cats OR", "X rejects this request"),
        ("search", "colour:red", "X rejects this request: Reference to invalid operator"),
        ("search", '"open', "X rejects this request"),
        ("user", "nobody", "X does not show @nobody: Could not find user"),
        ("list", "4711", "Could not find list"),
    ],
)
def test_invalid_value_fails_its_feed_only(
    kind: str, value: str, message: str, north: Site, followed: Feed, x: XServer, poll: Poll
) -> None:
    bad = make_feed(north, kind, value)

    report = poll()

    assert (report["exit_code"], report["polled"], report["failed"]) == (1, 1, 1)
    assert message in reload(bad).last_error
    assert texts(followed) == ["Good news"]
    x.reset()
    assert poll()["exit_code"] == 0  # the feed waits
    retry_at = reload(bad).next_poll_at
    assert retry_at is not None
    assert retry_at > timezone.now()
    assert len(x.requests) == 1


def test_emoji_and_three_hundred_characters_can_be_searched(north: Site, world: World, poll: Poll) -> None:
    words = " ".join(["🚀", *["rocket"] * 42])
    assert len(words) == 295
    world.post(world.account("nasa"), words + " launch")
    ours = make_feed(north, "search", words)

    assert poll()["exit_code"] == 0
    assert len(texts(ours)) == 1


def test_renamed_account_is_followed_by_its_id(north: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Old name", ago=dt.timedelta(hours=1))
    ours = make_feed(north, "user", "nasa")
    poll()
    nasa.username = "nasa_new"
    impostor = world.account("nasa")
    world.post(impostor, "I took the name")
    world.post(nasa, "New name")
    poll()
    assert texts(ours) == ["Old name"]  # none of the other account
    KnownAccount.objects.update(checked_at=timezone.now() - dt.timedelta(days=1))
    world.post(nasa, "Still me")

    poll()

    assert texts(ours)[0] == "Still me"
    assert "I took the name" not in texts(ours)
    assert Tweet.all_sites.filter(text="Still me").get().author_username == "nasa_new"


@pytest.mark.parametrize(
    ("state", "message"),
    [("suspended", "User has been suspended"), ("protected", "@nasa is protected: its posts may not be shown.")],
)
def test_tweets_of_an_account_that_is_gone_are_deleted(
    state: str, message: str, north: Site, followed: Feed, world: World, poll: Poll
) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Public once")
    ours = make_feed(north, "user", "nasa")
    poll()
    assert texts(ours) == ["Public once"]
    nasa.state = state
    KnownAccount.objects.update(checked_at=timezone.now() - dt.timedelta(days=1))

    report = poll()

    assert (report["exit_code"], report["removed_posts"]) == (1, 1)
    assert texts(ours) == []
    assert message in reload(ours).last_error
    assert texts(followed) == ["Good news"]


def test_deleted_post_is_removed_by_the_re_check(
    north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    nasa = world.account("nasa")
    stays, goes = world.post(nasa, "Stays"), world.post(nasa, "Goes")
    feeds = [make_feed(north, "user", "nasa"), make_feed(south, "user", "nasa")]
    poll()
    world.delete(goes)
    Tweet.all_sites.update(checked_at=timezone.now() - dt.timedelta(hours=21))
    versions = [site.profile.content_version for site in (north, south)]
    x.reset()

    report = poll()

    assert report["removed_posts"] == 1
    assert [texts(one) for one in feeds] == [["Stays"], ["Stays"]]
    assert len(x.requests_to("posts")) == 1
    for site, version in zip((north, south), versions, strict=True):
        site.profile.refresh_from_db()
        assert site.profile.content_version > version
    assert Tweet.all_sites.filter(checked_at__lt=timezone.now() - dt.timedelta(hours=1)).count() == 0
    assert stays.remote_id in Tweet.all_sites.values_list("remote_id", flat=True)


def test_tweets_of_a_waiting_feed_are_checked_again(
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll
) -> None:
    poll()
    world.posts.clear()
    world.post(world.account("other"), "Keeps the world from being empty")
    later = timezone.now() + dt.timedelta(hours=1)
    Feed.all_sites.update(failures=3, next_poll_at=later, last_error="It failed.")
    Tweet.all_sites.update(checked_at=timezone.now() - dt.timedelta(hours=21))
    x.reset()

    report = poll()

    assert [request.endpoint for request in x.requests] == ["posts"]
    assert (report["skipped"], report["removed_posts"]) == (1, 1)
    assert texts(followed) == []


def test_response_that_leaves_out_posts_deletes_none(north: Site, followed: Feed, x: XServer, poll: Poll) -> None:
    poll()
    Tweet.all_sites.update(checked_at=timezone.now() - dt.timedelta(hours=21))
    x.inject("/2/tweets?", status=200, body={"meta": {"result_count": 0}})

    poll()

    assert texts(followed) == ["Good news"]


def test_invalid_posts_are_left_out(north: Site, followed: Feed, x: XServer, poll: Poll) -> None:
    ours = make_feed(north, "search", "word")
    fine = {
        "id": "900000000000000001", "text": "Fine\x00 word\ud83d", "author_id": "7",
        "created_at": "2026-01-01T00:00:00.000Z", "unheard_of": {"deep": [1]},
        "entities": {"urls": [{"start": 0, "odd": {}}, 1], "annotations": [[]]},
    }  # fmt: skip
    body = {
        "data": [
            fine,
            fine,  # twice in one page
            {"id": "900000000000000002", "text": "No author", "created_at": "2026-01-01T00:00:00Z"},
            {**fine, "id": "900000000000000003", "author_id": "8"},  # an author without a profile
            {**fine, "id": "900000000000000004", "created_at": None},
            {**fine, "id": "x"},
            {**fine, "id": str(2**70)},
            {**fine, "id": "900000000000000005", "text": None},
            "not even a post",
        ],
        "includes": {"users": [{"id": "7", "username": "seven", "name": "Seven"}, {"id": None}, 5]},
        "errors": [{"detail": "part of it"}, "?"],
        "meta": {"next_token": 5},
        "more": None,
    }
    x.inject("search", status=200, body=body)

    report = poll()

    assert report["exit_code"] == 0
    assert texts(ours) == ["Fine\ufffd word?"]


@pytest.mark.parametrize("name", ["nasa) OR (from:evil", "nasa/status/1", '"><script>', "n\u0430sa", "", "n" * 51])
def test_account_with_a_name_that_x_does_not_allow_is_left_out(
    name: str, north: Site, followed: Feed, x: XServer, poll: Poll
) -> None:
    ours = make_feed(north, "search", "word")
    post = {"id": "900000000000000001", "text": "Word", "author_id": "7", "created_at": "2026-01-01T00:00:00.000Z"}
    users = {"users": [{"id": "7", "username": name, "name": "Seven"}]}
    x.inject("search", status=200, body={"data": [post], "includes": users})

    assert poll()["exit_code"] == 0

    assert texts(ours) == []
    assert texts(followed) == ["Good news"]


def test_clock_that_is_set_back_stops_nothing(
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll
) -> None:
    future = timezone.now() + dt.timedelta(days=3)
    poll()
    resting = make_feed(north, "search", "rocket")
    Feed.all_sites.filter(pk=resting.pk).update(failures=9, tried_at=future, next_poll_at=future)
    RateWindow.objects.update(remaining=0, seen_at=future, reset_at=future + dt.timedelta(minutes=15))
    Feed.all_sites.filter(pk=followed.pk).update(succeeded_at=future, tried_at=future)
    world.post(world.account("other"), "A rocket")

    report = poll()

    assert (report["exit_code"], report["polled"]) == (0, 2)
    assert texts(resting) == ["A rocket"]


def test_cursor_older_than_seven_days_misses_nothing(north: Site, world: World, x: XServer, poll: Poll) -> None:
    quiet, busy = world.account("quiet"), world.account("busy")
    oldest = world.post(quiet, "Last month", ago=dt.timedelta(days=30))
    world.post(busy, "Last month too", ago=dt.timedelta(days=31))
    ours = [make_feed(north, "user", "quiet"), make_feed(north, "user", "busy"), make_feed(north, "search", "month")]
    poll()
    x.reset()
    world.post(busy, "Today")
    poll()
    assert [texts(one) for one in ours] == [["Last month"], ["Today", "Last month too"], []]
    assert all(request.endpoint == "search" for request in x.requests)
    # And after an outage that is longer than search covers:
    long_ago = timezone.now() - dt.timedelta(days=12)
    Feed.all_sites.update(succeeded_at=long_ago, tried_at=long_ago, since_at=long_ago, since_id=oldest.remote_id)
    world.post(quiet, "While nobody polled", ago=dt.timedelta(days=9))
    poll()
    assert texts(ours[0]) == ["While nobody polled", "Last month"]


def test_cursor_that_x_rejects_misses_nothing(north: Site, world: World, x: XServer, poll: Poll) -> None:
    nasa = world.account("nasa")
    world.post(nasa, "Old", ago=dt.timedelta(days=10))
    ours = make_feed(north, "user", "nasa")
    poll()
    world.post(nasa, "New")
    Feed.all_sites.update(since_at=timezone.now())  # wrong

    assert poll()["exit_code"] == 0
    assert texts(ours) == ["New", "Old"]


def test_account_that_breaks_a_batch_fails_alone(north: Site, world: World, x: XServer, poll: Poll) -> None:
    people = [world.account(f"person{number}") for number in range(16)]
    feeds = [make_feed(north, "user", person.username) for person in people]
    for person in people:
        world.post(person, "Old", ago=dt.timedelta(hours=1))
    poll()
    for person in people:
        world.post(person, "New")
    invalid = {"type": PROBLEMS + "invalid-request", "errors": [{"parameters": {"query": []}, "message": "No."}]}
    x.inject("from%3Aperson11", status=400, body=invalid, times=99)
    x.inject(f"/2/users/{people[11].remote_id}/tweets", status=404, body={"type": PROBLEMS + "resource-not-found"})

    report = poll()

    assert (report["exit_code"], report["polled"], report["failed"]) == (1, 15, 1)
    assert [texts(one)[0] for one in feeds] == ["New"] * 11 + ["Old"] + ["New"] * 4
