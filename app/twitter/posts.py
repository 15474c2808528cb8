"""X's JSON, read into small values. Unknown fields are ignored; a post that cannot be shown is left out."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]  # Any: whatever JSON can hold


@dataclass(frozen=True, slots=True)
class Profile:
    id: int
    username: str
    name: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Post:
    id: int
    text: str
    created_at: dt.datetime
    author_id: int
    author: Profile | None = None  # known when the answer brought it
    entities: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    is_repost: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    posts: tuple[Post, ...]
    received: int  # as X counts and bills them, unusable ones included
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing of several that X would not give, from the `errors` of an answer that is 200."""

    value: str
    sentence: str
    certain: bool  # X says that it is gone, not just that it failed


def read_page(answer: Json) -> Page:
    items = _dicts(answer.get("data"))
    includes = answer.get("includes")
    people = _profiles(includes.get("users") if isinstance(includes, Mapping) else None)
    authors = {person.id: person for person in people}
    posts: dict[int, Post] = {}
    for item in items:
        post = _post(item, authors)
        if post is not None:
            posts.setdefault(post.id, post)
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, Mapping) else None
    return Page(tuple(posts.values()), len(items), token if isinstance(token, str) and token else None)


def read_profiles(answer: Json) -> list[Profile]:
    return list(_profiles(answer.get("data")))


def read_refusals(answer: Json) -> list[Refusal]:
    return [
        Refusal(
            str(error.get("resource_id") or error.get("value") or ""),
            str(error.get("detail") or error.get("title") or "X gives no reason.")[:300],
            str(error.get("type", "")).endswith(("/resource-not-found", "/not-authorized-for-resource")),
        )
        for error in _dicts(answer.get("errors"))
    ]


def _post(item: Json, authors: Mapping[int, Profile]) -> Post | None:
    number, author_id, created_at = (
        _number(item.get("id")),
        _number(item.get("author_id")),
        _moment(item.get("created_at")),
    )
    # The whole of a long post is beside its shortened text.
    note = item.get("note_tweet")
    source = note if isinstance(note, Mapping) and isinstance(note.get("text"), str) else item
    text = source.get("text")
    if number is None or author_id is None or created_at is None or not isinstance(text, str):
        return None
    entities = source.get("entities")
    kinds = {reference.get("type") for reference in _dicts(item.get("referenced_tweets"))}
    return Post(
        id=number,
        text=text.replace("\x00", ""),  # PostgreSQL's text cannot hold it
        created_at=created_at,
        author_id=author_id,
        author=authors.get(author_id),
        entities=_without_nul(dict(entities)) if isinstance(entities, Mapping) else {},
        is_repost="retweeted" in kinds,
    )


def _profiles(value: object) -> list[Profile]:
    people = []
    for item in _dicts(value):
        number, username = _number(item.get("id")), item.get("username")
        if number is not None and isinstance(username, str) and username:
            name = str(item.get("name") or username).replace("\x00", "")
            people.append(Profile(number, username[:50], name[:200], item.get("protected") is True))
    return people


def _dicts(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63 else None


def _moment(value: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _without_nul(value: Any) -> Any:  # JSON, walked
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {key: _without_nul(inner) for key, inner in itertools.islice(value.items(), 50)}
    if isinstance(value, list):
        return [_without_nul(inner) for inner in value[:200]]
    return value
