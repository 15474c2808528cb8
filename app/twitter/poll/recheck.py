"""Posts that X no longer shows are no longer shown here, within a day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from app.tenancy.models import SiteProfile
from app.twitter.models import Tweet
from app.twitter.poll.fetch import Reader
from app.twitter.poll.store import CHUNK, raise_content_versions
from app.twitter.x.errors import XError
from app.twitter.x.posts import Json, read_refusals

LASTS = dt.timedelta(hours=20)  # with a run every few hours, each post is looked at within a day
POSTS_PER_QUESTION = 100


@dataclass(frozen=True, slots=True)
class Check:
    credential: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    check: Check
    standing: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    error: XError | None = None


def checks_due(credentials: Mapping[int, str], now: dt.datetime) -> list[Check]:
    """Which posts to ask for again, longest unchecked first; `credentials` by site."""
    # all_sites: a post is asked for once, however many sites show it.
    tweets = Tweet.all_sites.filter(
        checked_at__lt=now - LASTS, feed__active=True, site__profile__state=SiteProfile.State.ACTIVE,
        site_id__in=credentials,
    )  # fmt: skip
    wanted: dict[str, dict[int, None]] = defaultdict(dict)
    for site, number in tweets.order_by("checked_at").values_list("site_id", "remote_id").iterator():
        wanted[credentials[site]][number] = None
    return [
        Check(credential, tuple(list(numbers)[start : start + POSTS_PER_QUESTION]))
        for credential, numbers in wanted.items()
        for start in range(0, len(numbers), POSTS_PER_QUESTION)
    ]


def ask(reader: Reader, check: Check) -> Checked:
    try:
        with reader.allowance.reading("/2/tweets", least=1, most=len(check.numbers)) as reading:
            numbers = check.numbers[: reading.size]
            answer = reader.client.posts(numbers)
            standing = _standing(answer) & set(numbers)
            reading.received = len(standing)
    except XError as error:
        return Checked(check, error=error)
    # Only what X itself calls gone is removed: an answer that merely lacks a post proves nothing.
    gone = {int(r.value) for r in read_refusals(answer) if r.certain and r.value.isdigit()} & set(numbers)
    return Checked(check, frozenset(standing), frozenset(gone - standing))


def store(checked: Checked, credentials: Mapping[int, str], now: dt.datetime) -> int:
    """Notes what stands, removes what is gone; how many posts."""
    sites = [site for site, credential in credentials.items() if credential == checked.check.credential]
    with transaction.atomic():
        stood = Tweet.all_sites.filter(remote_id__in=checked.standing)
        gone = Tweet.all_sites.filter(remote_id__in=checked.gone)
        affected = {site for site in gone.values_list("site_id", flat=True) if site in set(sites)}
        for start in range(0, len(sites), CHUNK):
            some = sites[start : start + CHUNK]
            stood.filter(site_id__in=some).update(checked_at=now)
            gone.filter(site_id__in=some).delete()
        raise_content_versions(affected)
    return len(checked.gone)


def _standing(answer: Json) -> set[int]:
    data = answer.get("data")
    numbers = [str(item.get("id", "")) for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return {int(number) for number in numbers if number.isdigit()}
