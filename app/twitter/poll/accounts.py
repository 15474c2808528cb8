"""The accounts that feeds follow: looked up by name once, then by id every day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from app.twitter.models import Feed, KnownAccount
from app.twitter.poll.fetch import Reader, Result
from app.twitter.poll.requests import Request
from app.twitter.x.endpoints import USERS_BY_NAME
from app.twitter.x.errors import SourceGone, Transient, XError
from app.twitter.x.posts import Problem, Profile, read_problems, read_profiles


def look_up(reader: Reader, request: Request) -> list[Result]:
    """One result for each source. Never raises `XError`: a result holds it.

    A failed look-up by id is no error: the account is polled as it is known.
    """
    by_name = request.endpoint is USERS_BY_NAME
    try:
        response, size = reader.send(request)
    except XError as error:
        return [_result(request, place, error if by_name else None) for place in range(len(request.sources))]
    found = read_profiles(response)
    profiles = {profile.username.lower() if by_name else str(profile.remote_id): profile for profile in found}
    problems = {problem.target.lower(): problem for problem in read_problems(response)}
    results = []
    for place, target in enumerate(request.targets):
        profile = profiles.get(target)
        fault = _fault(request.sources[place].value, profile, problems.get(target), by_name=by_name)
        if place >= size:  # left out because the quota ends
            fault = reader.quota.exceeded() if by_name else None
        results.append(_result(request, place, fault, profile))
    return results


def load_accounts() -> dict[str, KnownAccount]:
    return {account.name: account for account in KnownAccount.objects.iterator()}


def from_profiles(profiles: Mapping[str, Profile], now: dt.datetime) -> dict[str, KnownAccount]:
    """`profiles` by the name in `Feed.value`; so are the accounts."""
    return {
        name: KnownAccount(
            name=name, remote_id=profile.remote_id, username=profile.username, display_name=profile.name, checked_at=now
        )
        for name, profile in profiles.items()
    }


def save_accounts(accounts: Iterable[KnownAccount]) -> None:
    KnownAccount.objects.bulk_create(
        accounts,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["remote_id", "username", "display_name", "checked_at"],
    )


def delete_unfollowed() -> None:
    """Deletes the accounts that no feed follows."""
    # all_sites: an account is stored once for all sites.
    followed = Feed.all_sites.filter(kind=Feed.Kind.USER).values("value")
    unfollowed = list(KnownAccount.objects.exclude(name__in=followed).values_list("pk", flat=True))
    if unfollowed:
        KnownAccount.objects.filter(pk__in=unfollowed).delete()


def _result(request: Request, place: int, error: XError | None, profile: Profile | None = None) -> Result:
    return Result(source=request.sources[place], endpoint=request.endpoint, profile=profile, error=error)


def _fault(name: str, profile: Profile | None, problem: Problem | None, *, by_name: bool) -> XError | None:
    if profile is not None:
        return SourceGone(f"@{name} is protected: its posts may not be shown.") if profile.protected else None
    if problem is not None and problem.is_gone:
        return SourceGone(f"X does not show @{name}: {problem.message}")
    return Transient(f"X's response does not mention @{name}.") if by_name else None
