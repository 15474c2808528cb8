"""What credentials have read and may still ask, kept in the database between runs."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import F

from app.twitter.models import RateWindow, Spending
from app.twitter.quota.quota import Allowance, Window


class Ledger:
    def __init__(self, now: dt.datetime) -> None:
        self._now = now

    def allowance(self, credential: str) -> Allowance:
        windows = {
            row.endpoint: Window(row.remaining, row.reset_at, row.seen_at)
            for row in RateWindow.objects.filter(credential=credential)
        }
        row = Spending.objects.filter(credential=credential).first()
        spent = row.on(self._now.date()) if row else 0
        return Allowance(reads_left=max(settings.TWITTER_DAILY_READS - spent, 0), windows=windows, now=self._now)

    def spend(self, credential: str, reads: int) -> None:
        """Counts reads before anything else is done with them: a run that dies has still read them."""
        if not reads:
            return
        day = self._now.date()
        Spending.objects.get_or_create(credential=credential, defaults={"day": day})
        Spending.objects.filter(credential=credential, day__lt=day).update(day=day, reads=0)
        Spending.objects.filter(credential=credential).update(reads=F("reads") + reads)

    def keep_windows(self, credential: str, windows: dict[str, Window]) -> None:
        RateWindow.objects.bulk_create(
            [
                RateWindow(
                    credential=credential, endpoint=endpoint,
                    remaining=window.remaining, reset_at=window.reset_at, seen_at=window.seen_at,
                )
                for endpoint, window in windows.items()
                if window.seen_at == self._now
            ],
            update_conflicts=True,
            unique_fields=["credential", "endpoint"],
            update_fields=["remaining", "reset_at", "seen_at"],
        )  # fmt: skip
