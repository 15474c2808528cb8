"""The requests of a poll. Each knows its endpoint, its size, and the sources that its results belong to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.twitter.feed_values import MAX_SEARCH_LENGTH
from app.twitter.models import Feed
from app.twitter.x.client import XClient
from app.twitter.x.endpoints import LIST, MAX_SIZE, SEARCH, TIMELINE, USERS_BY_NAME, Endpoint
from app.twitter.x.errors import InvalidRequest
from app.twitter.x.posts import Json, Profile, count_results, read_values

# Lists cannot be read from a cursor on: so many posts are read again each time.
KNOWN_LIST_SIZE = 20
NO_REPOSTS = " -is:retweet -is:reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one or more feeds follow with one credential. Two of the same kind, value and credential are equal."""

    kind: str
    value: str
    credential: str  # a fingerprint, never the token
    feeds: tuple[Feed, ...] = field(compare=False)
    # The oldest cursor of the feeds, and their earliest last success; None when one of the feeds has none.
    since_id: int | None = field(compare=False)
    since_at: dt.datetime | None = field(compare=False)
    succeeded_at: dt.datetime | None = field(compare=False)

    @property
    def sites(self) -> frozenset[int]:
        return frozenset(feed.site_id for feed in self.feeds)

    def is_requested_on(self, site: int) -> bool:
        return any(feed.requested_at for feed in self.feeds if feed.site_id == site)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    endpoint: Endpoint
    credential: str
    targets: tuple[str, ...]  # one query, one id, or up to a hundred ids or names
    sources: tuple[Source, ...] = ()
    authors: tuple[Profile, ...] = ()  # of the sources, in their order; empty when the response has to name them
    since_id: int | None = None
    # The sites that results are read for, by what tells the results apart: an account's id or name, a post's id.
    audience: Mapping[str, frozenset[int]] = field(default_factory=dict, compare=False)

    @property
    def is_batch(self) -> bool:
        """A search for the posts of several accounts."""
        return self.endpoint is SEARCH and bool(self.authors)

    def sizes(self, keep: int) -> tuple[int, int]:
        """The fewest and the most results, when `keep` tweets of each feed are kept."""
        if not self.endpoint.is_paged:
            return 1, len(self.targets)
        most = MAX_SIZE if self.is_batch else min(max(keep, self.endpoint.min_size), MAX_SIZE)
        if self.endpoint is LIST and self.since_id is not None:
            most = min(most, KNOWN_LIST_SIZE)
        return self.endpoint.min_size, most

    def wanted(self, most: int) -> Mapping[int, int]:
        """For each site, how many of up to `most` results may be for it."""
        if self.endpoint.is_paged:
            return dict.fromkeys(self._everyone, most)
        return Counter(site for target in self.targets for site in self.audience[target])

    def readers(self, response: Json) -> list[frozenset[int]]:
        """For each result of a response, the sites that it was read for."""
        found = count_results(response)
        if self.endpoint.is_paged and not self.is_batch:
            return [self._everyone] * found
        name = "author_id" if self.is_batch else "username" if self.endpoint is USERS_BY_NAME else "id"
        known = [self.audience.get(value, self._everyone) for value in read_values(response, name)]
        return known + [self._everyone] * (found - len(known))

    @property
    def _everyone(self) -> frozenset[int]:
        return frozenset().union(*self.audience.values(), *(source.sites for source in self.sources))

    def send(self, client: XClient, *, size: int, page: str | None) -> Json:
        targets = self.targets if self.endpoint.is_paged else self.targets[:size]
        authors = self.endpoint.is_paged and not self.authors
        return client.read(self.endpoint, targets, size=size, since_id=self.since_id, page=page, authors=authors)

    def split(self, error: InvalidRequest) -> list[Request]:
        """Other requests for the same posts, so that one faulty source does not fail the others; or none."""
        members = list(zip(self.sources, self.authors, strict=False))
        if self.is_batch and (error.parameter == "since_id" or len(members) == 1):
            return [timeline(source, author) for source, author in members]
        if self.is_batch:
            middle = len(members) // 2
            halves = (members[:middle], members[middle:])
            return [part for half in halves for part in batches(half, since=self.since_id is not None)]
        if error.parameter == "since_id" and self.since_id is not None:
            return [replace(self, since_id=None)]
        return []

    def __str__(self) -> str:
        is_text = self.endpoint in {SEARCH, LIST}
        shown = self.targets[0] if is_text else ", ".join(f"@{source.value}" for source in self.sources)
        since = f" since post {self.since_id}" if self.since_id else ""
        return f"{self.endpoint.title} {shown}{since}"


def timeline(source: Source, author: Profile) -> Request:
    return Request(
        endpoint=TIMELINE,
        credential=source.credential,
        targets=(str(author.remote_id),),
        sources=(source,),
        authors=(author,),
        since_id=source.since_id if source.succeeded_at else None,
    )


def batches(members: Sequence[tuple[Source, Profile]], *, since: bool) -> list[Request]:
    """As few searches as X's maximum length of a query allows. `since`: from the oldest cursor of each batch on."""
    packs: list[list[tuple[Source, Profile]]] = []
    room = 0
    for source, author in members:
        needed = len(f"from:{author.username} OR ")
        if needed > room:
            packs.append([])
            room = MAX_SEARCH_LENGTH - len(f"(){NO_REPOSTS}") + len(" OR ")
        packs[-1].append((source, author))
        room -= needed
    return [_batch(pack, since=since) for pack in packs]


def _batch(members: Sequence[tuple[Source, Profile]], *, since: bool) -> Request:
    sources, authors = zip(*members, strict=True)
    names = " OR ".join(f"from:{author.username}" for author in authors)
    return Request(
        endpoint=SEARCH,
        credential=sources[0].credential,
        targets=(f"({names}){NO_REPOSTS}",),
        sources=sources,
        authors=authors,
        since_id=min(source.since_id or 0 for source in sources) if since else None,
        audience={str(author.remote_id): source.sites for source, author in members},
    )
