"""What a poll leaves for monitoring: the metrics and the health report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone
from health_check.exceptions import ServiceWarning
from prometheus_client import CollectorRegistry, Metric, generate_latest

from app.observability import metrics
from app.twitter.health import PollAge
from app.twitter.models import PollRecord
from app.twitter.poll.record import collect_metrics
from tests.support.twitter import Poll, make_feed
from tests.x_api import World, XServer


class Collector:
    def collect(self) -> Iterable[Metric]:
        return collect_metrics()


def scraped() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Collector())
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_metrics_of_good_and_failed_polls(north: Site, world: World, x: XServer, poll: Poll) -> None:
    assert scraped()["colonnade_poll_success_timestamp_seconds"] == 0
    world.post(world.account("nasa"), "Lift-off")
    make_feed(north, "user", "nasa")
    before = timezone.now().timestamp()
    poll()
    good = scraped()
    assert before <= good["colonnade_poll_success_timestamp_seconds"] <= timezone.now().timestamp()
    assert good["colonnade_poll_posts_read_total"] == 1
    assert good["colonnade_poll_calls_total"] == len(x.requests)
    make_feed(north, "user", "nobody")

    poll()

    bad = scraped()
    assert bad['colonnade_poll_failures_total{kind="gone"}'] == 1
    assert bad["colonnade_poll_exit_code"] == 1
    assert bad["colonnade_poll_success_timestamp_seconds"] == good["colonnade_poll_success_timestamp_seconds"]
    assert bad["colonnade_poll_finished_timestamp_seconds"] > good["colonnade_poll_finished_timestamp_seconds"]


def test_metrics_are_part_of_the_web_scrape() -> None:
    assert any(collector.source is collect_metrics for collector in metrics.collectors())


def test_health_report_warns_of_polls_that_stopped(north: Site, world: World, poll: Poll) -> None:
    PollAge().run()  # no feeds
    world.account("nasa")
    make_feed(north, "user", "nasa")
    with pytest.raises(ServiceWarning, match="no poll has run yet"):
        PollAge().run()
    poll()
    PollAge().run()
    PollRecord.objects.update(finished_at=timezone.now() - dt.timedelta(hours=3))
    with pytest.raises(ServiceWarning, match="180 minutes ago"):
        PollAge().run()
