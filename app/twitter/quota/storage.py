"""Quotas are stored between runs, so that all runs of a day share them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from django.conf import settings
from django.db.models import F

from app.twitter.models import QuotaUsage, RateWindow
from app.twitter.quota.quota import Quota
from app.twitter.quota.shares import DayReads


def load_quota(credential: str, sites: Collection[int], now: dt.datetime) -> Quota:
    """`sites` have feeds with the credential."""
    windows = RateWindow.objects.filter(credential=credential)
    return Quota(credential, day=_load_day(credential, sites, now), windows=windows, now=now)


class Billing:
    """What a run reads with a credential, as X bills it: less than what the `Quota` allows for."""

    def __init__(self, credential: str, sites: Collection[int], now: dt.datetime) -> None:
        self._credential, self._now = credential, now
        self._day = _load_day(credential, sites, now)
        self._unsaved = 0

    def count(self, reads: Collection[Collection[int]]) -> None:
        """`reads` has the sites that each read is for."""
        self._day.count(reads)
        self._unsaved += len(reads)

    def save(self) -> None:
        """Adds to the stored day what was counted since it was last saved."""
        if not self._unsaved:
            return
        day = self._now.date()
        usage = QuotaUsage.objects.filter(credential=self._credential)
        QuotaUsage.objects.get_or_create(credential=self._credential, defaults={"day": day})
        usage.filter(day__lt=day).update(day=day, reads=0)
        by_site = {str(site): reads for site, reads in self._day.by_site.items()}
        usage.update(reads=F("reads") + self._unsaved, reads_by_site=by_site)
        self._unsaved = 0


def _load_day(credential: str, sites: Collection[int], now: dt.datetime) -> DayReads:
    usage = QuotaUsage.objects.filter(credential=credential).first() or QuotaUsage(day=now.date())
    return DayReads(
        settings.TWITTER_DAILY_READS, sites, usage.reads_on(now.date()), Counter(usage.reads_by_site_on(now.date()))
    )


def save_windows(quota: Quota, now: dt.datetime) -> None:
    RateWindow.objects.bulk_create(
        [window for window in quota.windows.values() if window.seen_at == now],
        update_conflicts=True,
        unique_fields=["credential", "endpoint"],
        update_fields=["remaining", "reset_at", "seen_at"],
    )
