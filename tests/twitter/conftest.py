"""A made-up X, and a poll of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from pytest_django import Settings

from app.twitter.models import Feed
from tests.support.twitter import Poll, make_feed
from tests.x_api import World, XServer


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def x(world: World, settings: Settings) -> Iterator[XServer]:
    with XServer(world) as server:
        settings.TWITTER_API_URL = server.url
        settings.TWITTER_BEARER_TOKEN = "stand-in"
        settings.TWITTER_DAILY_READS = 10_000
        settings.TWITTER_KEEP = 50
        yield server


@pytest.fixture
def poll(x: XServer) -> Poll:
    """Runs the command as an operator does. Its JSON holds the real exit code."""

    def run(**options: Any) -> dict[str, Any]:
        output = io.StringIO()
        exit_code: object = 0
        try:
            call_command("poll_twitter", as_json=True, stdout=output, **options)
        except SystemExit as stop:
            exit_code = stop.code
        report: dict[str, Any] = json.loads(output.getvalue())
        assert report["exit_code"] == exit_code
        return report

    return run


@pytest.fixture
def followed(north: Site, world: World) -> Feed:
    """A feed that every poll can fill."""
    world.post(world.account("good"), "Good news")
    return make_feed(north, "user", "good")
