"""Faults of X: other feeds are polled, the exit code is right, and one line says what happened."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.twitter.models import Feed, RateWindow
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer
from tests.x_api.responses import PROBLEMS

TOKEN = "AAAAsecret-token-of-the-app"


def test_no_token_is_exit_code_2(followed: Feed, x: XServer, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_BEARER_TOKEN = ""

    report = poll()

    assert report["exit_code"] == 2
    assert report["summary"].endswith("There is no bearer token for X.")
    assert reload(followed).last_error == "There is no bearer token for X."
    assert x.requests == []


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "detail": TOKEN}, "X refuses the token (HTTP 401)."),
        (403, {"title": "Client Forbidden", "type": PROBLEMS + "client-forbidden"}, "X refuses the token (HTTP 403)."),
        (402, {"title": "CreditsDepleted"}, "The X account has no credit left."),
        (
            429,
            {"title": "UsageCapExceeded", "type": PROBLEMS + "usage-capped"},
            "The X account has reached its usage cap.",
        ),
    ],
)
def test_refused_credential_costs_one_request_and_is_exit_code_2(
    status: int, body: dict[str, str], message: str,
    north: Site, followed: Feed, world: World, x: XServer, poll: Poll, settings: Settings,
) -> None:  # fmt: skip
    settings.TWITTER_BEARER_TOKEN = TOKEN
    others = [make_feed(north, "search", f"word{number}") for number in range(12)]
    x.inject(status=status, body=body, times=99)

    report = poll()

    assert report["exit_code"] == 2
    assert len(x.requests) <= 2  # none after the look-up was refused
    assert report["summary"].endswith(message)
    assert {reload(one).last_error for one in [followed, *others]} == {message}
    x.reset()
    x.tokens.add(TOKEN)
    assert poll()["exit_code"] == 0  # without a wait
    assert texts(followed) == ["Good news"]
    assert reload(followed).last_error == ""


def test_token_is_never_shown(
    north: Site, followed: Feed, x: XServer, poll: Poll, settings: Settings,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    settings.TWITTER_BEARER_TOKEN = TOKEN
    caplog.set_level(logging.DEBUG)
    broken = make_feed(north, "search", "word")
    detail = f"The query of Bearer {TOKEN} is wrong"
    x.inject("search", status=400, body={"detail": detail, "type": PROBLEMS + "invalid-request"}, times=9)
    x.inject("users", status=503, body=f"<html>{TOKEN}</html>", times=9)

    report = poll()

    shown = "".join(capsys.readouterr()) + caplog.text + str(report)
    rows = str(list(Feed.all_sites.values())) + str(list(RateWindow.objects.values()))
    assert "X rejects this request: The query of Bearer [token] is wrong" in reload(broken).last_error
    assert TOKEN not in shown + rows


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
def test_invalid_response_fails_its_feed_only(
    fault: dict[str, Any], north: Site, followed: Feed, x: XServer, poll: Poll
) -> None:
    bad = make_feed(north, "search", "word")
    x.inject("search", times=9, **fault)

    report = poll()

    assert (report["exit_code"], report["polled"], report["failed"]) == (1, 1, 1)
    assert texts(followed) == ["Good news"]
    assert reload(bad).last_error
    assert len(x.requests_to("search")) <= 3
    x.reset()
    assert poll()["exit_code"] == 0
    assert reload(bad).last_error == ""


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502, "body": "<html>"}, {"cut": True}], ids=str)
def test_short_outage_is_retried(fault: dict[str, Any], followed: Feed, x: XServer, poll: Poll) -> None:
    x.inject("users", times=2, **fault)

    assert poll()["exit_code"] == 0
    assert texts(followed) == ["Good news"]


def test_timeouts_stop_the_run(
    north: Site, followed: Feed, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.twitter.x.client.READ_SECONDS", 0.2)
    for number in range(40):
        make_feed(north, "search", f"word{number}")
    x.inject("", times=99, hold=True)
    started = time.monotonic()

    report = poll()

    assert time.monotonic() - started < 5
    assert (report["exit_code"], report["failed"]) == (1, 41)
    # The first request, those that were sent beside each other, and none of the rest.
    assert len(x.requests) <= 20


def test_slow_response_is_cut_off(
    north: Site, followed: Feed, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.twitter.x.client.RESPONSE_SECONDS", 0.3)
    slow = make_feed(north, "search", "word")
    x.inject("search", drip_seconds=0.02)

    report = poll()

    assert (report["exit_code"], report["failed"]) == (1, 1)
    assert reload(slow).last_error == "X stopped in the middle of its response."
    assert texts(followed) == ["Good news"]
