"""Polls check in with Sentry's cron monitor; seen at the transport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.contrib.sites.models import Site
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app.observability import sentry
from app.twitter.poll.monitor import monitor_poll
from app.twitter.poll.summary import Summary
from tests.support.twitter import Poll, make_feed
from tests.x_api import World


class Recorder(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.check_ins: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.check_ins += [
            item.payload.json for item in envelope.items if item.type == "check_in" and item.payload.json
        ]

    @property
    def statuses(self) -> list[str]:
        return [check_in["status"] for check_in in self.check_ins]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    transport = Recorder()
    dsn = "http://public@127.0.0.1:9/1"
    sentry.configure(dsn, environment="test", traces_sample_rate=0.0, release="colonnade@test", transport=transport)
    yield transport
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)


def test_it_works(recorder: Recorder) -> None:
    monitor_poll(Summary)

    started, ended = recorder.check_ins
    assert (started["monitor_slug"], started["status"]) == ("poll-twitter", "in_progress")
    assert (ended["check_in_id"], ended["status"]) == (started["check_in_id"], "ok")


@pytest.mark.parametrize("error", [RuntimeError("the poll broke"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_poll_that_raises_is_an_error(error: BaseException, recorder: Recorder) -> None:
    def poll() -> Summary:
        raise error

    with pytest.raises(type(error)):
        monitor_poll(poll)

    assert recorder.statuses == ["in_progress", "error"]


def test_command_checks_in(north: Site, world: World, poll: Poll, recorder: Recorder) -> None:
    world.account("nasa")
    make_feed(north, "user", "nasa")
    poll()
    make_feed(north, "user", "nobody")
    poll()

    assert recorder.statuses == ["in_progress", "ok", "in_progress", "error"]


def test_nothing_is_sent_without_a_dsn(recorder: Recorder) -> None:
    sentry_sdk.get_global_scope().set_client(None)
    sentry.configure("", environment="test", traces_sample_rate=0.0, release="colonnade@test")
    monitor_poll(Summary)

    assert recorder.check_ins == []
