"""Two sites that follow things on a made-up X."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command

from app.tenancy.current import use_site
from app.twitter.models import Feed, Tweet
from tests.x_api import World, XServer

Poll = Callable[..., dict[str, Any]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def x(world: World, settings: Any) -> Iterator[XServer]:
    with XServer(world) as server:
        settings.TWITTER_API_URL = server.url
        settings.TWITTER_BEARER_TOKEN = "stand-in"
        settings.TWITTER_DAILY_READS = 10_000
        settings.TWITTER_KEEP = 50
        yield server


@pytest.fixture
def poll(x: XServer) -> Poll:
    """Runs the command as an operator does; its JSON, with the exit status that it really had."""

    def run(**options: Any) -> dict[str, Any]:
        output = io.StringIO()
        status: Any = 0
        try:
            call_command("poll_twitter", as_json=True, stdout=output, **options)
        except SystemExit as stop:
            status = stop.code
        said: dict[str, Any] = json.loads(output.getvalue())
        assert said["exit_code"] == status
        return said

    return run


def feed(site: Site, kind: str, value: object) -> Feed:
    with use_site(site):
        made: Feed = Feed.objects.create(kind=kind, value=str(value))
    return made


def texts(feed: Feed) -> list[str]:
    """What the site of a feed has of it, newest first."""
    with use_site(feed.site_id):
        return list(Tweet.objects.filter(feed=feed).values_list("text", flat=True))


def fresh(feed: Feed) -> Feed:
    with use_site(feed.site_id):
        found: Feed = Feed.objects.get(pk=feed.pk)
    return found


@pytest.fixture
def followed(north: Site, world: World) -> Feed:
    """A feed that any poll can fill."""
    world.post(world.account("good"), "Good news")
    return feed(north, "user", "good")
