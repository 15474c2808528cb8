"""Stores the outcome of polls in one row, and makes the metrics from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from app.twitter.models import PollRecord
from app.twitter.poll.summary import DONE, Summary


def save_record(summary: Summary) -> None:
    now = timezone.now()
    with transaction.atomic():
        record, _ = PollRecord.objects.select_for_update().get_or_create(pk=1)
        record.finished_at = now
        record.exit_code = summary.exit_code
        record.line = summary.line
        record.calls += summary.calls
        record.posts_read += summary.posts_read
        record.failures = dict(Counter(record.failures) + summary.failures)
        if summary.exit_code == DONE:
            record.succeeded_at = now
        record.save()


def collect_metrics() -> Iterable[Metric]:
    """Polls run in their own processes; the web process that is scraped reads their outcome from the database."""
    record = PollRecord.objects.filter(pk=1).first() or PollRecord()
    for name, text, moment in (
        ("finished", "When the last poll ended; 0 for never.", record.finished_at),
        ("success", "When the last poll without a failure ended; 0 for never.", record.succeeded_at),
    ):
        yield GaugeMetricFamily(
            f"colonnade_poll_{name}_timestamp_seconds", text, value=moment.timestamp() if moment else 0
        )
    yield GaugeMetricFamily("colonnade_poll_exit_code", "Exit status of the last poll.", value=record.exit_code)
    yield CounterMetricFamily("colonnade_poll_calls", "Requests that polls sent to X.", value=record.calls)
    yield CounterMetricFamily(
        "colonnade_poll_posts_read", "Posts that polls read, as X bills them.", value=record.posts_read
    )
    failures = CounterMetricFamily("colonnade_poll_failures", "Feeds that failed in polls, by kind.", labels=["kind"])
    for kind, count in record.failures.items():
        failures.add_metric([kind], count)
    yield failures
