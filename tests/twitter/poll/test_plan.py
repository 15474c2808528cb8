"""The planner is pure: feeds in, the fewest requests out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.twitter.models import Feed, KnownAccount
from app.twitter.poll import plan
from app.twitter.poll.plan import Due
from app.twitter.x.endpoints import LIST, SEARCH, TIMELINE, USERS, USERS_BY_NAME

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
EARLIER = NOW - dt.timedelta(hours=1)


def new(pk: int, kind: str = "user", value: str = "nasa", **state: Any) -> Feed:
    return Feed(pk=pk, site_id=pk, kind=kind, value=value, **state)


def polled(pk: int, value: str, **state: Any) -> Feed:
    return new(pk, value=value, succeeded_at=EARLIER, tried_at=EARLIER, since_id=pk, since_at=EARLIER, **state)


def due(*feeds: Feed, now: dt.datetime = NOW) -> Due:
    return plan.due(feeds, {feed.site_id: "key" for feed in feeds}, now)


def account(name: str, remote_id: int, checked_at: dt.datetime = EARLIER) -> KnownAccount:
    return KnownAccount(name=name, remote_id=remote_id, username=name, display_name=name, checked_at=checked_at)


def accounts(*names: str) -> dict[str, KnownAccount]:
    return {name: account(name, remote_id) for remote_id, name in enumerate(names, 1)}


def test_it_works() -> None:
    sources = due(
        polled(1, "nasa"), polled(2, "@NASA"), polled(3, "esa"), new(4, "search", "comet"), new(5, "list", "12")
    ).sources

    requests = plan.requests(sources, accounts("nasa", "esa"), NOW)

    assert [source.value for source in sources] == ["12", "comet", "esa", "nasa"]  # never polled comes first
    assert [(request.endpoint, request.targets) for request in requests] == [
        (LIST, ("12",)),
        (SEARCH, ("comet",)),
        (SEARCH, ("(from:nasa OR from:esa) -is:retweet -is:reply",)),
    ]
    assert requests[-1].since_id == 1  # the oldest cursor of the batch, so that no post is missed


def test_unknown_accounts_are_looked_up_a_hundred_at_a_time() -> None:
    sources = due(*(new(n, value=f"person{n}") for n in range(1, 251))).sources

    lookups = plan.lookups(sources, {}, NOW)

    assert [(request.endpoint, len(request.targets)) for request in lookups] == [
        (USERS_BY_NAME, 100), (USERS_BY_NAME, 100), (USERS_BY_NAME, 50),
    ]  # fmt: skip
    assert plan.requests(sources, {}, NOW) == []


def test_known_accounts_are_looked_up_by_id_after_a_day() -> None:
    sources = due(polled(1, "nasa"), polled(2, "esa")).sources
    known = {"nasa": account("nasa", 1), "esa": account("esa", 7, NOW - dt.timedelta(days=1))}

    (lookup,) = plan.lookups(sources, known, NOW)

    assert (lookup.endpoint, lookup.targets, [source.value for source in lookup.sources]) == (USERS, ("7",), ["esa"])


def test_new_feed_makes_its_source_be_read_from_the_start() -> None:
    (request,) = plan.requests(due(polled(1, "nasa"), new(2, value="nasa")).sources, accounts("nasa"), NOW)

    assert (request.endpoint, request.since_id) == (TIMELINE, None)


def test_credentials_never_share_a_request() -> None:
    feeds = [polled(1, "nasa"), polled(2, "nasa")]

    requests = plan.requests(plan.due(feeds, {1: "key", 2: "other"}, NOW).sources, accounts("nasa"), NOW)

    assert {request.credential for request in requests} == {"key", "other"}
    assert all(source.credential == request.credential for request in requests for source in request.sources)


def test_failed_feed_waits_unless_a_poll_is_requested() -> None:
    later = NOW + dt.timedelta(minutes=5)
    waiting: dict[str, Any] = {"failures": 3, "next_poll_at": later, "tried_at": EARLIER}

    assert due(new(1, **waiting)).skipped
    assert due(new(1, **waiting, requested_at=NOW)).sources
    assert due(new(1, **waiting), now=later).sources


def test_poll_now_goes_first_among_the_sites_own_feeds() -> None:
    feeds = [new(1, "search", "never polled"), polled(2, "nasa"), polled(3, "esa", requested_at=NOW)]
    feeds += [polled(4, "south"), polled(5, "south2")]
    for feed, site in zip(feeds, (1, 1, 1, 2, 2), strict=True):
        feed.site_id = site

    assert [source.value for source in due(*feeds).sources] == ["esa", "south", "never polled", "south2", "nasa"]


@settings(deadline=None)
@given(st.lists(st.text("abcdefghij_0", min_size=1, max_size=15), min_size=1, max_size=120, unique=True))
def test_batches_hold_each_account_once_and_fit(names: list[str]) -> None:
    sources = due(*(polled(n, name) for n, name in enumerate(names, 1))).sources

    requests = plan.requests(sources, accounts(*names), NOW)

    assert sorted(source.value for request in requests for source in request.sources) == sorted(names)
    assert all(len(request.targets[0]) <= 512 for request in requests)
    assert len(requests) <= -(-len(names) // 20)
    for request in requests:
        assert request.since_id == min(source.since_id or 0 for source in request.sources)
        assert [author.username for author in request.authors] == [source.value for source in request.sources]
