"""Where the token goes, and what a poll says when it gets no response."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.twitter.models import Feed
from tests.support.programs import free_port
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer


def test_redirect_does_not_carry_the_token_to_another_host(north: Site, followed: Feed, x: XServer, poll: Poll) -> None:
    ours = make_feed(north, "search", "word")
    with XServer(World()) as elsewhere:
        x.inject(
            "search", status=302, headers={"Location": f"{elsewhere.url}/2/tweets/search/recent?query=word"}, times=9
        )

        report = poll()

        assert elsewhere.requests == []
    assert report["failed"] == 1
    assert reload(ours).last_error == "X sent an invalid response (HTTP 302)."


def test_netrc_does_not_replace_the_token(
    followed: Feed, x: XServer, poll: Poll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    assert poll()["exit_code"] == 0

    assert {request.token for request in x.requests} == {"stand-in"}
    assert texts(followed) == ["Good news"]


def test_unreachable_host_is_named_with_the_reason(followed: Feed, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_API_URL = f"http://127.0.0.1:{free_port()}"

    report = poll()

    assert report["summary"].endswith("X cannot be reached at 127.0.0.1: connection refused.")
    assert reload(followed).last_error == "X cannot be reached at 127.0.0.1: connection refused."


def test_unknown_name_is_named(followed: Feed, poll: Poll, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    settings.TWITTER_API_URL = "https://user:password@api.x.invalid"

    poll()

    assert reload(followed).last_error == "X cannot be reached at api.x.invalid: its name is not found."


def test_certificate_that_is_not_accepted_is_named(followed: Feed, x: XServer, poll: Poll, settings: Settings) -> None:
    settings.TWITTER_API_URL = x.url.replace("http://", "https://")

    poll()

    assert reload(followed).last_error == "X cannot be reached at 127.0.0.1: no secure connection is possible."


def test_response_that_is_cut_off_is_named(followed: Feed, x: XServer, poll: Poll) -> None:
    x.inject("users", cut=True, times=9)

    poll()

    assert reload(followed).last_error == "X's response from 127.0.0.1 was cut off."


def test_silent_host_is_named(followed: Feed, x: XServer, poll: Poll, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.twitter.x.client.READ_SECONDS", 0.2)
    x.inject("", hold=True, times=9)

    poll()

    assert reload(followed).last_error == "X does not respond: 127.0.0.1 was silent for 0.2 s."
