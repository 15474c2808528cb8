"""From the rows of all sites to the fewest questions to X. Pure: rows and a moment in, questions out.

Feeds that follow the same thing with the same credential are one source, whatever site they belong to.
Accounts share searches (`from:a OR from:b ...`), lists and searches are asked one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.twitter.feed_values import LONGEST_SEARCH, UnusableValue, normal
from app.twitter.x.posts import Profile

# Recent search looks back seven days, and refuses a `since_id` that is older.
SEARCHABLE = dt.timedelta(days=6, hours=12)
PROFILE_LASTS = dt.timedelta(hours=23)
PEOPLE_PER_LOOK_UP = 100
NO_REPOSTS = " -is:retweet -is:reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One active feed of one active site. `credential` is the name of a token, never the token."""

    feed: int
    site: int
    kind: str
    value: str
    credential: str
    since_id: int | None = None
    since_at: dt.datetime | None = None
    succeeded_at: dt.datetime | None = None
    tried_at: dt.datetime | None = None
    next_poll_at: dt.datetime | None = None
    requested: bool = False
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one or more feeds follow. `since_id` is the post up to which every one of them has everything."""

    kind: str
    value: str
    credential: str
    rows: tuple[Row, ...]
    since_id: int | None
    since_at: dt.datetime | None
    succeeded_at: dt.datetime | None  # None as long as one of the feeds was never filled

    @property
    def requested(self) -> bool:
        return any(row.requested for row in self.rows)


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an account that somebody follows: `profile` is from `checked_at`."""

    profile: Profile
    checked_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """One question for up to a hundred people: by name for new ones, by number for known ones."""

    credential: str
    by: Literal["name", "number"]
    sources: tuple[Source, ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question for posts. `accounts` says whose posts belong to which source of a batch."""

    form: Literal["batch", "timeline", "search", "list"]
    credential: str
    sources: tuple[Source, ...]
    query: str = ""
    since_id: int | None = None
    accounts: tuple[Profile, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    sources: tuple[Source, ...]
    waiting: tuple[Row, ...]
    unusable: tuple[tuple[Row, str], ...]


def due(rows: Iterable[Row], now: dt.datetime) -> Due:
    """Sorts feeds into sources to ask for now, feeds that wait, and feeds whose value nothing can have."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    waiting: list[Row] = []
    unusable: list[tuple[Row, str]] = []
    for row in rows:
        try:
            groups[row.kind, normal(row.kind, row.value), row.credential].append(row)
        except UnusableValue as error:
            if _is_due(row, now):
                unusable.append((row, str(error)))
            else:
                waiting.append(row)
    sources = []
    for (kind, value, credential), members in groups.items():
        if any(_is_due(row, now) for row in members):
            sources.append(_source(kind, value, credential, members))
        else:
            waiting += members
    # "Poll now" goes first, then who waited longest: a short budget then runs out fairly.
    sources.sort(key=lambda source: (not source.requested, source.succeeded_at or _NEVER, source.value))
    return Due(tuple(sources), tuple(waiting), tuple(unusable))


def look_ups(sources: Sequence[Source], accounts: Mapping[str, Account], now: dt.datetime) -> list[LookUp]:
    """Who has to be looked up before their posts can be asked for."""
    wanted: dict[tuple[str, Literal["name", "number"]], list[Source]] = defaultdict(list)
    for source in sources:
        account = accounts.get(source.value)
        if source.kind != "user":
            continue
        if account is None:
            wanted[source.credential, "name"].append(source)
        elif not _is_recent(account.checked_at, now, PROFILE_LASTS):
            wanted[source.credential, "number"].append(source)
    asked = []
    for (credential, by), members in wanted.items():
        for start in range(0, len(members), PEOPLE_PER_LOOK_UP):
            some = tuple(members[start : start + PEOPLE_PER_LOOK_UP])
            numbers = tuple(accounts[source.value].profile.id for source in some) if by == "number" else ()
            asked.append(LookUp(credential=credential, by=by, sources=some, numbers=numbers))
    return asked


def questions(sources: Sequence[Source], accounts: Mapping[str, Account], now: dt.datetime) -> list[Question]:
    """The questions for posts, in the order in which they are asked. Accounts nobody found are left out."""
    asked: list[Question] = []
    batched: dict[tuple[str, bool], list[Source]] = defaultdict(list)
    for source in sources:
        if source.kind == "search":
            # A mark that is too old to be named is not needed either: search ends where it begins.
            since = source.since_id if _is_recent(source.since_at, now, SEARCHABLE) else None
            asked.append(_alone("search", source, since))
        elif source.kind == "list":
            asked.append(_alone("list", source, source.since_id))
        elif source.value in accounts:
            marked = _is_recent(source.since_at, now, SEARCHABLE)
            if source.succeeded_at and (marked or _is_recent(source.succeeded_at, now, SEARCHABLE)):
                batched[source.credential, marked].append(source)
            else:
                asked.append(timeline(source, accounts[source.value].profile))
    for (_, marked), members in batched.items():
        members.sort(key=lambda source: (source.since_id or 0, source.value))
        asked += batches(members, lambda value: accounts[value].profile, marked=marked)
    order = {id(source): place for place, source in enumerate(sources)}
    return sorted(asked, key=lambda question: min(order[id(source)] for source in question.sources))


def timeline(source: Source, profile: Profile) -> Question:
    return Question(
        form="timeline",
        credential=source.credential,
        sources=(source,),
        since_id=source.since_id if source.succeeded_at else None,
        accounts=(profile,),
    )


def batches(sources: Sequence[Source], profile_of: Callable[[str], Profile], *, marked: bool) -> list[Question]:
    """As few searches as X's length of a query allows, from sources in the order of their marks."""
    packs: list[list[Source]] = []
    room = 0
    for source in sources:
        needed = len(f"from:{profile_of(source.value).username} OR ")
        if needed > room:
            packs.append([])
            room = LONGEST_SEARCH - len(f"(){NO_REPOSTS}") + len(" OR ")
        packs[-1].append(source)
        room -= needed
    return [_batch(pack, [profile_of(source.value) for source in pack], marked=marked) for pack in packs]


def _batch(sources: Sequence[Source], profiles: Sequence[Profile], *, marked: bool) -> Question:
    people = " OR ".join(f"from:{profile.username}" for profile in profiles)
    return Question(
        form="batch",
        credential=sources[0].credential,
        sources=tuple(sources),
        query=f"({people}){NO_REPOSTS}",
        since_id=min(source.since_id or 0 for source in sources) if marked else None,
        accounts=tuple(profiles),
    )


def _alone(form: Literal["search", "list"], source: Source, since_id: int | None) -> Question:
    return Question(form=form, credential=source.credential, sources=(source,), query=source.value, since_id=since_id)


def _source(kind: str, value: str, credential: str, rows: Sequence[Row]) -> Source:
    filled = [row.succeeded_at for row in rows if row.succeeded_at]
    marks = [(row.since_id, row.since_at) for row in rows if row.since_id and row.since_at]
    complete = len(filled) == len(rows)
    since_id, since_at = min(marks) if complete and len(marks) == len(rows) else (None, None)
    return Source(
        kind=kind,
        value=value,
        credential=credential,
        rows=tuple(rows),
        since_id=since_id,
        since_at=since_at,
        succeeded_at=min(filled) if complete else None,
    )


def _is_due(row: Row, now: dt.datetime) -> bool:
    # Without a failure the next poll is only told to people; a rate window or a budget decides.
    if row.requested or not row.failures or row.next_poll_at is None or row.next_poll_at <= now:
        return True
    # A last try in the future means that the clock went back; what it promised is then void.
    return row.tried_at is not None and row.tried_at > now


def _is_recent(moment: dt.datetime | None, now: dt.datetime, span: dt.timedelta) -> bool:
    return moment is not None and now - moment < span


_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
