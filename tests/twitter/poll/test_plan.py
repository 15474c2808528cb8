"""The planner is pure: rows in, the fewest questions out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.twitter.poll import plan
from app.twitter.poll.plan import Account, Row
from app.twitter.x.posts import Profile

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
EARLIER = NOW - dt.timedelta(hours=1)


def row(number: int, kind: str = "user", value: str = "nasa", **state: Any) -> Row:
    return Row(feed=number, site=state.pop("site", number), kind=kind, value=value, credential="key", **state)


def polled(number: int, value: str, **state: Any) -> Row:
    return row(number, value=value, succeeded_at=EARLIER, tried_at=EARLIER, since_id=number, since_at=EARLIER, **state)


def accounts(*names: str, checked_at: dt.datetime = EARLIER) -> dict[str, Account]:
    return {name: Account(Profile(n, name, name, False), checked_at) for n, name in enumerate(names, 1)}


def test_it_works() -> None:
    rows = [polled(1, "nasa"), polled(2, "@NASA"), polled(3, "esa"), row(4, "search", "comet"), row(5, "list", "12")]

    due = plan.due(rows, NOW)
    asked = plan.questions(due.sources, accounts("nasa", "esa"), NOW)

    assert [source.value for source in due.sources] == ["12", "comet", "esa", "nasa"]  # never polled comes first
    assert [(question.form, question.query) for question in asked] == [
        ("list", "12"),
        ("search", "comet"),
        ("batch", "(from:nasa OR from:esa) -is:retweet -is:reply"),
    ]
    assert asked[-1].since_id == 1  # the oldest of its members: nobody loses a post


def test_unknown_accounts_are_looked_up_a_hundred_at_a_time() -> None:
    sources = plan.due([row(n, value=f"person{n}") for n in range(250)], NOW).sources

    looked = plan.look_ups(sources, {}, NOW)

    assert [(one.by, len(one.sources)) for one in looked] == [("name", 100), ("name", 100), ("name", 50)]
    assert plan.questions(sources, {}, NOW) == []


def test_known_accounts_are_looked_up_again_after_a_day_by_number() -> None:
    sources = plan.due([polled(1, "nasa"), polled(2, "esa")], NOW).sources
    known = accounts("nasa") | {"esa": Account(Profile(7, "esa_new", "", False), NOW - dt.timedelta(days=1))}

    (looked,) = plan.look_ups(sources, known, NOW)

    assert (looked.by, looked.numbers, [source.value for source in looked.sources]) == ("number", (7,), ["esa"])


def test_new_feed_makes_its_source_be_read_from_the_start() -> None:
    sources = plan.due([polled(1, "nasa"), row(2, value="nasa")], NOW).sources

    (question,) = plan.questions(sources, accounts("nasa"), NOW)

    assert (question.form, question.since_id) == ("timeline", None)


def test_credentials_never_share_a_question() -> None:
    mine = polled(1, "nasa")
    theirs = replace(mine, feed=2, credential="other")

    asked = plan.questions(plan.due([mine, theirs], NOW).sources, accounts("nasa"), NOW)

    assert {question.credential for question in asked} == {"key", "other"}
    assert all(source.credential == q.credential for q in asked for source in q.sources)


def test_failed_feed_rests_unless_asked_for() -> None:
    later = NOW + dt.timedelta(minutes=5)
    resting: dict[str, Any] = {"failures": 3, "next_poll_at": later, "tried_at": EARLIER}

    assert plan.due([row(1, **resting)], NOW).waiting
    assert plan.due([row(1, **resting, requested=True)], NOW).sources
    assert plan.due([row(1, **resting)], later).sources
    assert plan.due([row(1, **{**resting, "tried_at": later})], NOW).sources  # the clock went back


def test_poll_now_goes_first() -> None:
    rows = [row(1, "search", "never polled"), polled(2, "nasa"), polled(3, "esa", requested=True)]

    assert [source.value for source in plan.due(rows, NOW).sources] == ["esa", "never polled", "nasa"]


@settings(deadline=None)
@given(st.lists(st.text("abcdefghij_0", min_size=1, max_size=15), min_size=1, max_size=120, unique=True))
def test_batches_hold_everybody_once_and_fit(names: list[str]) -> None:
    sources = plan.due([polled(n, name) for n, name in enumerate(names, 1)], NOW).sources

    asked = plan.questions(sources, accounts(*names), NOW)

    assert sorted(source.value for question in asked for source in question.sources) == sorted(names)
    assert all(len(question.query) <= 512 for question in asked)
    assert len(asked) <= -(-len(names) // 20)
    for question in asked:
        assert question.since_id == min(source.since_id or 0 for source in question.sources)
        assert [account.username for account in question.accounts] == [source.value for source in question.sources]
