"""What X, an editor or the clock can do to a poll, and how it ends: others polled, right status, one clear line."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest
from django.contrib.sites.models import Site

from app.twitter.models import Feed, RateWindow
from tests.twitter.conftest import Poll, feed, fresh, texts
from tests.x_api import World, XServer
from tests.x_api.responses import PROBLEMS

TOKEN = "AAAAsecret-token-of-the-app"


def test_no_token_is_status_2(followed: Feed, x: XServer, poll: Poll, settings: Any) -> None:
    settings.TWITTER_BEARER_TOKEN = ""

    said = poll()

    assert said["exit_code"] == 2
    assert said["summary"].endswith("There is no bearer token for X.")
    assert fresh(followed).last_error == "There is no bearer token for X."
    assert x.calls == []


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "detail": TOKEN}, "X refuses the token (HTTP 401)."),
        (403, {"title": "Client Forbidden", "type": PROBLEMS + "client-forbidden"}, "X refuses the token (HTTP 403)."),
        (402, {"title": "CreditsDepleted"}, "The X account has no credit left."),
        (
            429,
            {"title": "UsageCapExceeded", "type": PROBLEMS + "usage-capped"},
            "The X account's cap of posts is used up.",
        ),
    ],
)
def test_refused_credential_costs_one_call_and_is_status_2(
    status: int, body: dict[str, str], sentence: str,
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll, settings: Any,
) -> None:  # fmt: skip
    settings.TWITTER_BEARER_TOKEN = TOKEN
    others = [feed(north, "search", f"word{number}") for number in range(12)]
    x.order(status=status, body=body, times=99)

    said = poll()

    assert said["exit_code"] == 2
    assert len(x.calls) <= 2  # the look-up's, and no more once it was refused
    assert said["summary"].endswith(sentence)
    assert {fresh(one).last_error for one in [followed, *others]} == {sentence}
    x.forget()
    x.tokens.add(TOKEN)
    assert poll()["exit_code"] == 0  # healed by itself, without waiting
    assert texts(followed) == ["Good news"]
    assert fresh(followed).last_error == ""


def test_token_appears_nowhere(
    north: Site, followed: Feed, x: XServer, poll: Poll, settings: Any,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    settings.TWITTER_BEARER_TOKEN = TOKEN
    caplog.set_level(logging.DEBUG)
    broken = feed(north, "search", "word")
    detail = f"The query of Bearer {TOKEN} is wrong"
    x.order("search", status=400, body={"detail": detail, "type": PROBLEMS + "invalid-request"}, times=9)
    x.order("users", status=503, body=f"<html>{TOKEN}</html>", times=9)

    said = poll()

    shown = "".join(capsys.readouterr()) + caplog.text + str(said)
    rows = str(list(Feed.all_sites.values())) + str(list(RateWindow.objects.values()))
    assert "X does not understand this: The query of Bearer [token] is wrong" in fresh(broken).last_error
    assert TOKEN not in shown + rows


def test_rate_limit_waits_for_the_reset_without_sleeping(
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll
) -> None:
    x.limits["search"] = 1
    searches = [feed(north, "search", f"word{number}") for number in range(3)]
    started = time.monotonic()

    said = poll()

    assert time.monotonic() - started < 5
    assert said["exit_code"] == 0
    assert (said["polled"], said["waiting"], said["failed"]) == (2, 2, 0)
    assert "X asks to wait" in said["summary"]
    assert texts(followed) == ["Good news"]
    (_, reset) = x.windows["stand-in", "search"]
    waiting = [fresh(one) for one in searches if fresh(one).next_poll_at]
    assert len(waiting) == 2
    assert all(one.next_poll_at and one.next_poll_at.timestamp() == reset for one in waiting)
    x.forget()
    poll()  # the next run knows the window from the database
    assert x.asked("search") == []


def test_rate_limit_without_reset_is_one_call(north: Site, x: XServer, poll: Poll) -> None:
    searches = [feed(north, "search", f"word{number}") for number in range(3)]
    x.order("search", status=429, body={"title": "Too Many Requests", "type": "about:blank"}, times=99)

    said = poll()

    assert (said["exit_code"], said["waiting"]) == (0, 3)
    assert len(x.calls) == 1
    assert all(fresh(one).last_error == "" for one in searches)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "body": "<html>Over capacity</html>"},
        {"status": 500, "body": []},
        {"cut": True},
        {"status": 200, "body": "<html>Hello</html>"},
        {"status": 200, "body": [1, 2]},
        {"status": 200, "body": '{"data": NaN}'},
        {"status": 200, "body": '{"data":' * 5000},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
        {"status": 418, "body": [1]},
    ],
    ids=str,
)
def test_broken_answer_fails_its_feed_only(
    fault: dict[str, Any], north: Site, followed: Feed, x: XServer, poll: Poll
) -> None:
    bad = feed(north, "search", "word")
    x.order("search", times=9, **fault)

    said = poll()

    assert (said["exit_code"], said["polled"], said["failed"]) == (1, 1, 1)
    assert texts(followed) == ["Good news"]
    assert fresh(bad).last_error
    assert len(x.asked("search")) <= 3
    x.forget()
    assert poll()["exit_code"] == 0
    assert fresh(bad).last_error == ""


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502, "body": "<html>"}, {"cut": True}], ids=str)
def test_hiccup_is_tried_again_at_once(fault: dict[str, Any], followed: Feed, x: XServer, poll: Poll) -> None:
    x.order("users", times=2, **fault)

    assert poll()["exit_code"] == 0
    assert texts(followed) == ["Good news"]


def test_silence_is_given_up(
    north: Site, followed: Feed, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.twitter.x.client.READ_SECONDS", 0.2)
    for number in range(40):
        feed(north, "search", f"word{number}")
    x.order("", times=99, hold=True)
    started = time.monotonic()

    said = poll()

    assert time.monotonic() - started < 5
    assert (said["exit_code"], said["failed"]) == (1, 41)
    # One went ahead, a handful followed, and the rest did not wait for the same silence.
    assert len(x.calls) <= 20


def test_endless_answer_is_given_up(
    north: Site, followed: Feed, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.twitter.x.client.ANSWER_SECONDS", 0.3)
    slow = feed(north, "search", "word")
    x.order("search", drip_seconds=0.02)

    said = poll()

    assert (said["exit_code"], said["failed"]) == (1, 1)
    assert fresh(slow).last_error == "X stopped in the middle of its answer."
    assert texts(followed) == ["Good news"]
