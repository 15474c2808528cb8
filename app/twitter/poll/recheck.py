"""Posts that X no longer returns, or of which it has a newer version, are removed within a day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.tenancy.isolation.content_version import content_changed_on
from app.tenancy.models import SiteProfile
from app.twitter.models import Tweet
from app.twitter.poll.fetch import Reader
from app.twitter.poll.requests import Request
from app.twitter.poll.site_locks import SiteLocks
from app.twitter.poll.store import CHUNK
from app.twitter.x.endpoints import MAX_SIZE, POSTS
from app.twitter.x.errors import XError
from app.twitter.x.posts import read_ids, read_problems, read_superseded

MAX_AGE = dt.timedelta(hours=20)  # with a run at least every four hours, each tweet is checked within a day


@dataclass(frozen=True, slots=True)
class Checked:
    """Ids of posts that X returned, and of posts that it calls gone."""

    found: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()


def plan_checks(credentials: Mapping[int, str], now: dt.datetime) -> list[Request]:
    """The posts to read again, longest unchecked first. `credentials` by site id."""
    # all_sites: a post is read once, however many sites show it.
    tweets = Tweet.all_sites.filter(
        checked_at__lt=now - MAX_AGE,
        feed__active=True,
        site__profile__state=SiteProfile.State.ACTIVE,
        site_id__in=credentials,
    )
    wanted: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for site, remote_id in tweets.order_by("checked_at").values_list("site_id", "remote_id").iterator():
        wanted[credentials[site]][str(remote_id)].add(site)
    return [
        _request(credential, list(ids.items())[start : start + MAX_SIZE])
        for credential, ids in wanted.items()
        for start in range(0, len(ids), MAX_SIZE)
    ]


def _request(credential: str, members: Sequence[tuple[str, set[int]]]) -> Request:
    audience = {remote_id: frozenset(sites) for remote_id, sites in members}
    return Request(endpoint=POSTS, credential=credential, targets=tuple(audience), audience=audience)


def check(reader: Reader, request: Request) -> Checked:
    try:
        response, size = reader.send(request)
    except XError:
        return Checked()  # the posts stay due; feeds with the same trouble report it
    wanted = {int(target) for target in request.targets[:size]}
    found = read_ids(response) & wanted
    # A post that the response merely leaves out is kept: only X's own word counts.
    gone = {int(p.target) for p in read_problems(response) if p.is_gone and p.target.isdigit()} & wanted
    superseded = read_superseded(response) & wanted
    return Checked(frozenset(found - superseded), frozenset((gone - found) | superseded))


def store_check(checked: Checked, audience: Mapping[str, frozenset[int]], now: dt.datetime, locks: SiteLocks) -> int:
    """Updates and deletes tweets of the sites in `audience`. Returns how many posts are gone."""
    sites = sorted(frozenset().union(*(audience[str(remote_id)] for remote_id in checked.found | checked.gone)))
    found = Tweet.all_sites.filter(remote_id__in=checked.found)
    gone = Tweet.all_sites.filter(remote_id__in=checked.gone)

    def write(free: set[int]) -> None:
        removed = gone.filter(site_id__in=free)
        content_changed_on(set(removed.values_list("site_id", flat=True)))
        found.filter(site_id__in=free).update(checked_at=now)
        removed.delete()

    for start in range(0, len(sites), CHUNK):
        locks.write(sites[start : start + CHUNK], write)
    return len(checked.gone)
