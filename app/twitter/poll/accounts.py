"""Asks who the followed accounts are: by name once, by number every day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.twitter.poll.fetch import Reader
from app.twitter.poll.plan import LookUp, Source
from app.twitter.x.errors import SourceGone, Transient, XError
from app.twitter.x.posts import Profile, Refusal, read_profiles, read_refusals


@dataclass(frozen=True, slots=True)
class LookedUp:
    profiles: dict[str, Profile] = field(default_factory=dict)  # by the name that feeds write
    failed: tuple[tuple[Source, XError], ...] = ()
    received: int = 0


def ask(reader: Reader, look_up: LookUp) -> LookedUp:
    """Never raises for X's sake. A known account whose look-up fails is polled as it is known."""
    by_name = look_up.by == "name"
    count = len(look_up.sources)
    try:
        endpoint = "/2/users/by" if by_name else "/2/users"
        with reader.allowance.reading(endpoint, least=1, most=count) as reading:
            asked = look_up.sources[: reading.size]
            if by_name:
                answer = reader.client.users_named([source.value for source in asked])
            else:
                answer = reader.client.users_numbered(look_up.numbers[: reading.size])
            found = read_profiles(answer)
            reading.received = len(found)
    except XError as error:
        return LookedUp(failed=tuple((source, error) for source in look_up.sources) if by_name else ())
    rest = look_up.sources[len(asked) :] if by_name else ()
    late = [(source, reader.allowance.budget_spent()) for source in rest]
    profiles, failed = _told_apart(look_up, asked, found, read_refusals(answer))
    return LookedUp(profiles, (*failed, *late), len(found))


def _told_apart(
    look_up: LookUp, asked: Sequence[Source], found: Sequence[Profile], refusals: Sequence[Refusal]
) -> tuple[dict[str, Profile], list[tuple[Source, XError]]]:
    by_name = look_up.by == "name"
    people = {profile.username.lower() if by_name else str(profile.id): profile for profile in found}
    refused = {refusal.value.lower(): refusal for refusal in refusals}
    profiles: dict[str, Profile] = {}
    failed: list[tuple[Source, XError]] = []
    for place, source in enumerate(asked):
        key = source.value if by_name else str(look_up.numbers[place])
        profile = people.get(key)
        if profile is None:
            error = _missing(source, key, refused, by_name=by_name)
            failed += [(source, error)] if error else []
        elif profile.protected:
            failed.append((source, SourceGone(f"@{source.value} is protected: its posts may not be shown.")))
        else:
            profiles[source.value] = profile
    return profiles, failed


def _missing(source: Source, key: str, refused: Mapping[str, Refusal], *, by_name: bool) -> XError | None:
    refusal = refused.get(key)
    if refusal is not None and refusal.certain:
        return SourceGone(f"X does not show @{source.value}: {refusal.sentence}")
    return Transient(f"X said nothing about @{source.value}.") if by_name else None
