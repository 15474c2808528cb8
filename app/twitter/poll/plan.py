"""From the feeds of all sites to the fewest requests to X. Pure: no database, no clock.

Feeds that follow the same thing with the same credential are one source, whichever sites they belong to.
Accounts share searches (`from:a OR from:b ...`); each list and each search is a request of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.twitter.feed_values import InvalidValue, normalise
from app.twitter.models import Feed, KnownAccount
from app.twitter.poll.requests import Request, Source, batches, timeline
from app.twitter.x.endpoints import LIST, MAX_SIZE, SEARCH, USERS, USERS_BY_NAME, Endpoint

# Recent search covers seven days, and X rejects an older `since_id`.
SEARCHABLE = dt.timedelta(days=6, hours=12)
PROFILE_MAX_AGE = dt.timedelta(hours=23)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Due:
    sources: tuple[Source, ...]
    skipped: tuple[Feed, ...]
    invalid: tuple[tuple[Feed, str], ...]  # and what is wrong with the value


def due(feeds: Iterable[Feed], credentials: Mapping[int, str], now: dt.datetime) -> Due:
    """Which sources to poll now, which feeds wait, and which have an invalid value. `credentials` by site id."""
    groups: dict[tuple[str, str, str], list[Feed]] = defaultdict(list)
    skipped: list[Feed] = []
    invalid: list[tuple[Feed, str]] = []
    for feed in feeds:
        try:
            groups[feed.kind, normalise(feed.kind, feed.value), credentials[feed.site_id]].append(feed)
        except InvalidValue as error:
            if feed.state.is_due(now):
                invalid.append((feed, str(error)))
            else:
                skipped.append(feed)
    sources = []
    for (kind, value, credential), members in groups.items():
        if any(feed.state.is_due(now) for feed in members):
            sources.append(_source(kind, value, credential, members))
        else:
            skipped += members
    return Due(tuple(_in_turn(sources)), tuple(skipped), tuple(invalid))


def _in_turn(sources: Sequence[Source]) -> list[Source]:
    """The first source of every site, then the second of every site ...: no site is served only after another.

    A site's own order: requested feeds first, then those polled longest ago.
    """
    by_site: dict[int, list[Source]] = defaultdict(list)
    for source in sources:
        for site in source.sites:
            by_site[site].append(source)
    places: dict[Source, int] = {}
    for site, members in by_site.items():
        members.sort(key=lambda source: (not source.is_requested_on(site), *_age(source)))
        for place, source in enumerate(members):
            places[source] = min(place, places.get(source, place))
    return sorted(sources, key=lambda source: (places[source], *_age(source)))


def _age(source: Source) -> tuple[dt.datetime, str]:
    return source.succeeded_at or _NEVER, source.value


def lookups(sources: Sequence[Source], accounts: Mapping[str, KnownAccount], now: dt.datetime) -> list[Request]:
    """Look-ups by name for accounts that are not known yet, and by id for those whose profile is a day old."""
    by_name: dict[str, list[tuple[Source, str]]] = defaultdict(list)
    by_id: dict[str, list[tuple[Source, str]]] = defaultdict(list)
    for source in sources:
        account = accounts.get(source.value)
        if source.kind != Feed.Kind.USER:
            continue
        if account is None:
            by_name[source.credential].append((source, source.value))
        elif not _is_within(PROFILE_MAX_AGE, account.checked_at, now):
            by_id[source.credential].append((source, str(account.remote_id)))
    planned = []
    for endpoint, groups in ((USERS_BY_NAME, by_name), (USERS, by_id)):
        for credential, members in groups.items():
            for start in range(0, len(members), MAX_SIZE):
                some, targets = zip(*members[start : start + MAX_SIZE], strict=True)
                audience = {target: source.sites for source, target in zip(some, targets, strict=True)}
                planned.append(
                    Request(endpoint=endpoint, credential=credential, targets=targets, sources=some, audience=audience)
                )
    return planned


def requests(sources: Sequence[Source], accounts: Mapping[str, KnownAccount], now: dt.datetime) -> list[Request]:
    """The requests for posts, in the order of `sources`. Accounts that are not known are left out."""
    planned: list[Request] = []
    batched: dict[tuple[str, bool], list[Source]] = defaultdict(list)
    for source in sources:
        since = _is_within(SEARCHABLE, source.since_at, now)
        if source.kind == Feed.Kind.SEARCH:
            # X would reject a cursor that is too old, and a search without one reaches as far back.
            planned.append(_single(SEARCH, source, source.since_id if since else None))
        elif source.kind == Feed.Kind.LIST:
            planned.append(_single(LIST, source, source.since_id))
        elif source.value in accounts:
            if source.succeeded_at and (since or _is_within(SEARCHABLE, source.succeeded_at, now)):
                batched[source.credential, since].append(source)
            else:
                planned.append(timeline(source, accounts[source.value].profile))
    for (_, since), members in batched.items():
        # Neighbours have similar cursors, so that a batch reads few posts twice.
        members.sort(key=lambda source: (source.since_id or 0, source.value))
        planned += batches([(source, accounts[source.value].profile) for source in members], since=since)
    order = {source: place for place, source in enumerate(sources)}
    return sorted(planned, key=lambda request: min(order[source] for source in request.sources))


def _single(endpoint: Endpoint, source: Source, since_id: int | None) -> Request:
    return Request(
        endpoint=endpoint, credential=source.credential, targets=(source.value,), sources=(source,), since_id=since_id
    )


def _source(kind: str, value: str, credential: str, feeds: Sequence[Feed]) -> Source:
    successes = [feed.succeeded_at for feed in feeds if feed.succeeded_at]
    cursors = [(feed.since_id, feed.since_at) for feed in feeds if feed.since_id and feed.since_at]
    complete = len(successes) == len(feeds)
    since_id, since_at = min(cursors) if complete and len(cursors) == len(feeds) else (None, None)
    return Source(
        kind=kind,
        value=value,
        credential=credential,
        feeds=tuple(feeds),
        since_id=since_id,
        since_at=since_at,
        succeeded_at=min(successes) if complete else None,
    )


def _is_within(span: dt.timedelta, moment: dt.datetime | None, now: dt.datetime) -> bool:
    return moment is not None and now - moment < span
