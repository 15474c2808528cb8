"""X's JSON, read into small values. Unknown fields are ignored; a post that cannot be shown is left out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]  # Any: whatever JSON can hold

ENTITY_KINDS = ("urls", "mentions", "hashtags", "cashtags")
ENTITY_PARTS = frozenset({"start", "end", "url", "display_url", "username", "tag"})
MOST_ENTITIES = 100


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
            storable(str(error.get("detail") or error.get("title") or "X gives no reason."))[:300],
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
        text=storable(text),
        created_at=created_at,
        author_id=author_id,
        author=authors.get(author_id),
        entities=_entities(entities) if isinstance(entities, Mapping) else {},
        is_repost="retweeted" in kinds,
    )


def storable(text: str) -> str:
    """The text, as long as before, without what a database cannot hold: NUL, and half a pair of surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _entities(entities: Json) -> dict[str, Any]:
    """The parts that links are made of; whatever else is there, and however deep, is left out."""
    return {
        kind: [
            {
                name: storable(part) if isinstance(part, str) else part
                for name, part in item.items()
                if name in ENTITY_PARTS and isinstance(part, str | int)
            }
            for item in _dicts(entities.get(kind))[:MOST_ENTITIES]
        ]
        for kind in ENTITY_KINDS
        if entities.get(kind)
    }


def _profiles(value: object) -> list[Profile]:
    people = []
    for item in _dicts(value):
        number, username = _number(item.get("id")), item.get("username")
        # SECURITY: the name becomes part of a question and of an address.
        if number is not None and isinstance(username, str) and re.fullmatch(r"[A-Za-z0-9_]{1,50}", username):
            name = storable(str(item.get("name") or username))[:200]
            people.append(Profile(number, username, name, item.get("protected") is True))
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
