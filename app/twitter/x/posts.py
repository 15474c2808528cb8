"""X's JSON, read into small values. Unknown fields are ignored; a post that cannot be shown is left out.

X says "post", so a `Post` is what X sent. A `Tweet` is the row that is stored for a feed. `remote_id` is X's id.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = Mapping[str, Any]  # Any: whatever JSON can hold

ENTITY_KINDS = ("urls", "mentions", "hashtags", "cashtags")
ENTITY_FIELDS = frozenset({"start", "end", "url", "display_url", "username", "tag"})
MAX_ENTITIES = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """An account of X."""

    remote_id: int
    username: str
    name: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Post:
    remote_id: int
    text: str
    created_at: dt.datetime
    author_id: int
    author: Profile | None = None  # if the response included it
    entities: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    is_repost: bool = False
    original: Post | None = None  # what is reposted, if the response included it and its author
    versions: frozenset[int] = frozenset()  # the ids of all versions of an edited post; each edit has a new id

    @property
    def older_versions(self) -> frozenset[int]:
        return frozenset(version for version in self.versions if version < self.remote_id)

    @property
    def newer_versions(self) -> frozenset[int]:
        return frozenset(version for version in self.versions if version > self.remote_id)

    @property
    def read_ids(self) -> frozenset[int]:
        """The posts that were read for it: X may bill each of them."""
        return frozenset(post.remote_id for post in (self, self.original) if post)


@dataclass(frozen=True, slots=True)
class Page:
    posts: tuple[Post, ...]
    received: int  # as X counts and bills them, invalid ones included
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One of several things that X did not return, from the `errors` of a response with status 200."""

    target: str  # the id or name
    message: str
    is_gone: bool  # X says that it does not exist or is not public; otherwise it may only have failed


def read_page(response: Json) -> Page:
    items = _dicts(response.get("data"))
    includes = response.get("includes")
    included = includes if isinstance(includes, Mapping) else {}
    authors = {user.remote_id: user for user in _profiles(included.get("users"))}
    references = (_post(item, authors) for item in _dicts(included.get("tweets")))
    originals = {post.remote_id: post for post in references if post is not None and post.author is not None}
    posts: dict[int, Post] = {}
    for item in items:
        post = _post(item, authors)
        if post is not None:
            posts.setdefault(post.remote_id, replace(post, original=originals.get(_original_id(item) or 0)))
    meta = response.get("meta")
    token = meta.get("next_token") if isinstance(meta, Mapping) else None
    return Page(tuple(posts.values()), len(items), token if isinstance(token, str) and token else None)


def read_profiles(response: Json) -> list[Profile]:
    return _profiles(response.get("data"))


def read_ids(response: Json) -> set[int]:
    ids = (_remote_id(item.get("id")) for item in _dicts(response.get("data")))
    return {remote_id for remote_id in ids if remote_id is not None}


def read_superseded(response: Json) -> set[int]:
    """The ids of posts of which the response knows a newer version."""
    items = [(_remote_id(item.get("id")), _versions(item)) for item in _dicts(response.get("data"))]
    return {remote_id for remote_id, versions in items if remote_id and max(versions, default=0) > remote_id}


def read_values(response: Json, name: str) -> list[str]:
    """One value of each result, such as its `author_id`; lower case, empty when it is missing."""
    return [str(item.get(name, "")).lower() for item in _dicts(response.get("data"))]


def count_results(response: Json) -> int:
    """How many posts or users the response brought, the originals of reposts included."""
    items = _dicts(response.get("data"))
    return len(items) + sum(_original_id(item) is not None for item in items)


def read_problems(response: Json) -> list[Problem]:
    return [
        Problem(
            str(error.get("resource_id") or error.get("value") or ""),
            storable(str(error.get("detail") or error.get("title") or "X gives no reason."))[:300],
            str(error.get("type", "")).endswith(("/resource-not-found", "/not-authorized-for-resource")),
        )
        for error in _dicts(response.get("errors"))
    ]


def _post(item: Json, authors: Mapping[int, Profile]) -> Post | None:
    remote_id, author_id = _remote_id(item.get("id")), _remote_id(item.get("author_id"))
    created_at = _moment(item.get("created_at"))
    # `text` holds only the beginning of a long post; `note_tweet` holds all of it.
    note = item.get("note_tweet")
    source = note if isinstance(note, Mapping) and isinstance(note.get("text"), str) else item
    text = source.get("text")
    if remote_id is None or author_id is None or created_at is None or not isinstance(text, str):
        return None
    entities = source.get("entities")
    return Post(
        remote_id=remote_id,
        text=storable(text),
        created_at=created_at,
        author_id=author_id,
        author=authors.get(author_id),
        entities=_entities(entities) if isinstance(entities, Mapping) else {},
        is_repost=_original_id(item) is not None,
        versions=_versions(item) if len(_versions(item)) > 1 else frozenset(),
    )


def _original_id(item: Json) -> int | None:
    """The id of the post that this one reposts; None for any other post."""
    references = (one for one in _dicts(item.get("referenced_tweets")) if one.get("type") == "retweeted")
    return next((_remote_id(one.get("id")) or 0 for one in references), None)


def _versions(item: Json) -> frozenset[int]:
    ids = item.get("edit_history_tweet_ids")
    found = (_remote_id(one) for one in ids) if isinstance(ids, list) else ()
    return frozenset(remote_id for remote_id in found if remote_id is not None)


def storable(text: str) -> str:
    """The text in the same length, without what a database cannot hold: NUL and single surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _entities(entities: Json) -> dict[str, Any]:
    """Only the fields that links are made of."""
    return {
        kind: [
            {
                name: storable(value) if isinstance(value, str) else value
                for name, value in item.items()
                if name in ENTITY_FIELDS and isinstance(value, str | int)
            }
            for item in _dicts(entities.get(kind))[:MAX_ENTITIES]
        ]
        for kind in ENTITY_KINDS
        if entities.get(kind)
    }


def _profiles(value: object) -> list[Profile]:
    profiles = []
    for item in _dicts(value):
        remote_id, username = _remote_id(item.get("id")), item.get("username")
        # SECURITY: the name becomes part of a request and of an address.
        if remote_id is not None and isinstance(username, str) and re.fullmatch(r"[A-Za-z0-9_]{1,50}", username):
            name = storable(str(item.get("name") or username))[:200]
            profiles.append(Profile(remote_id, username, name, item.get("protected") is True))
    return profiles


def _dicts(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _remote_id(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63 else None


def _moment(value: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
