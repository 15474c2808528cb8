"""Figures from somewhere slow never hold up a scrape, and are not shown when they are old."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import pytest
from django.db import OperationalError
from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily

from app.observability import collectors
from app.observability.collectors import BackgroundCollector


def gauge(value: float) -> Metric:
    return GaugeMetricFamily("polled", "Polled.", value=value)


def values(collector: BackgroundCollector) -> list[float]:
    return [sample.value for metric in collector.figures() for sample in metric.samples]


def test_it_works() -> None:
    assert values(BackgroundCollector(lambda: [gauge(7)])) == [7]


def test_a_source_that_hangs_costs_one_thread_and_half_a_second() -> None:
    release = threading.Event()
    started: list[int] = []

    def hang() -> Iterable[Metric]:
        started.append(1)
        release.wait()
        return [gauge(1)]

    collector = BackgroundCollector(hang)
    begun = time.monotonic()
    assert values(collector) == []
    assert time.monotonic() - begun < collectors.FIRST_WAIT_SECONDS + 0.5
    assert values(collector) == []
    assert len(started) == 1
    release.set()
    assert collector._arrived.wait(5)
    assert values(collector) == [1]


def test_a_database_that_is_away_leaves_the_last_figures_until_they_are_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collectors, "REFRESH_SECONDS", 0)
    outcomes: list[object] = [gauge(5), OperationalError("planted host"), OperationalError("planted host")]

    def collect() -> Iterable[Metric]:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Metric)
        return [outcome]

    collector = BackgroundCollector(collect)
    assert values(collector) == [5]
    assert values(collector) == [5]
    monkeypatch.setattr(collectors, "STALE_SECONDS", 0)
    assert values(collector) == []
