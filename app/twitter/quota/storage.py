"""Quotas are stored between runs, so that all runs of a day share them."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import F

from app.twitter.models import QuotaUsage, RateWindow
from app.twitter.quota.quota import Quota


def load_quota(credential: str, now: dt.datetime) -> Quota:
    usage = QuotaUsage.objects.filter(credential=credential).first()
    used = usage.reads_on(now.date()) if usage else 0
    windows = RateWindow.objects.filter(credential=credential)
    return Quota(credential, reads_left=max(settings.TWITTER_DAILY_READS - used, 0), windows=windows, now=now)


def count_reads(credential: str, reads: int, now: dt.datetime) -> None:
    """Call it before the results are stored: a run that is killed has still read them."""
    if not reads:
        return
    day = now.date()
    QuotaUsage.objects.get_or_create(credential=credential, defaults={"day": day})
    QuotaUsage.objects.filter(credential=credential, day__lt=day).update(day=day, reads=0)
    QuotaUsage.objects.filter(credential=credential).update(reads=F("reads") + reads)


def save_windows(quota: Quota, now: dt.datetime) -> None:
    RateWindow.objects.bulk_create(
        [window for window in quota.windows.values() if window.seen_at == now],
        update_conflicts=True,
        unique_fields=["credential", "endpoint"],
        update_fields=["remaining", "reset_at", "seen_at"],
    )
