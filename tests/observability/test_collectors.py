"""A slow source of metrics does not hold up a scrape, and old metrics are not shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from django.db import OperationalError
from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily

from app.observability.collectors import BackgroundCollector


def gauge(value: float) -> Metric:
    return GaugeMetricFamily("polled", "Polled.", value=value)


def values(collector: BackgroundCollector) -> list[float]:
    return [sample.value for metric in collector.collect() for sample in metric.samples]


def test_it_works() -> None:
    assert values(BackgroundCollector(lambda: [gauge(7)])) == [7]


def test_a_source_that_hangs_costs_one_thread_and_does_not_hold_up_a_scrape() -> None:
    release = threading.Event()
    started: list[int] = []

    def hang() -> Iterable[Metric]:
        started.append(1)
        release.wait()
        return [gauge(1)]

    collector = BackgroundCollector(hang)
    run = collector.refresh.start()
    assert values(collector) == []
    assert values(collector) == []
    assert len(started) == 1
    assert not run.done(), "both scrapes ended before the source"
    release.set()
    run.result()
    assert values(collector) == [1]


def test_a_database_that_is_away_leaves_the_last_metrics_until_they_are_old() -> None:
    outcomes = iter([gauge(5)])

    def read() -> Iterable[Metric]:
        for metric in outcomes:
            return [metric]
        raise OperationalError("planted host")

    collector = BackgroundCollector(read, refresh_seconds=0)
    assert values(collector) == [5]
    assert values(collector) == [5]
    collector.refresh.start().result()
    assert values(collector) == [5]
    collector.stale_seconds = 0
    assert values(collector) == []
    collector.refresh.start().result()  # or the last run's log line could fall into another test
