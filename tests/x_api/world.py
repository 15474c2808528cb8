"""The accounts, posts and lists of the made-up X."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass
class Account:
    remote_id: int
    username: str
    name: str
    state: str = "active"  # active | protected | suspended


@dataclass
class Post:
    remote_id: int
    author_id: int
    text: str
    created_at: dt.datetime
    extra: dict[str, Any] = field(default_factory=dict)
    # The ids of all versions of an edited post, oldest first; shared by them.
    versions: list[int] = field(default_factory=list)

    @property
    def references(self) -> set[str]:
        return {reference["type"] for reference in self.extra.get("referenced_tweets", [])}


class World:
    """Accounts, posts and lists; methods may be called while the server runs."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[int, Account] = {}
        self.posts: dict[int, Post] = {}
        self.lists: dict[int, set[int]] = {}
        self._ids = itertools.count(1)
        self._ordered: list[Post] | None = None

    def account(self, username: str, *, name: str = "", state: str = "active") -> Account:
        with self.lock:
            remote_id = 1_000 + next(self._ids)
            self.accounts[remote_id] = Account(remote_id, username, name or username.title(), state)
            return self.accounts[remote_id]

    def post(
        self,
        author: Account,
        text: str,
        *,
        at: dt.datetime | None = None,
        ago: dt.timedelta | None = None,
        **extra: Any,
    ) -> Post:
        """A post of now, of `at`, or of a time `ago`; `extra` goes into the response unchanged."""
        moment = at or dt.datetime.now(dt.UTC) - (ago or dt.timedelta(0))
        with self.lock:
            milliseconds = int(moment.timestamp() * 1000) - SNOWFLAKE_EPOCH_MS
            remote_id = (milliseconds << 22) | (next(self._ids) & 0x3FFFFF)
            self.posts[remote_id] = Post(remote_id, author.remote_id, text, moment, extra, [remote_id])
            self._ordered = None
            return self.posts[remote_id]

    def repost(self, reposter: Account, original: Post, **moment: Any) -> Post:
        """As X sends it: the text is cut, and begins with the author of the original."""
        author = self.accounts[original.author_id]
        text = f"RT @{author.username}: {original.text}"
        reference = {"type": "retweeted", "id": str(original.remote_id)}
        return self.post(
            reposter, text if len(text) <= 140 else f"{text[:139]}…", referenced_tweets=[reference], **moment
        )

    def edit(self, post: Post, text: str, **moment: Any) -> Post:
        """A new version with an id of its own. Timelines and searches return only the newest."""
        newest = self.post(self.accounts[post.author_id], text, **moment, **post.extra)
        post.versions.append(newest.remote_id)
        newest.versions = post.versions
        return newest

    def make_list(self, members: Iterable[Account]) -> int:
        with self.lock:
            remote_id = 90_000 + next(self._ids)
            self.lists[remote_id] = {member.remote_id for member in members}
            return remote_id

    def delete(self, post: Post) -> None:
        with self.lock:
            del self.posts[post.remote_id]
            self._ordered = None

    def find_account(self, username: str) -> Account | None:
        with self.lock:
            wanted = username.lower()
            return next((a for a in self.accounts.values() if a.username.lower() == wanted), None)

    def readable(self) -> list[Post]:
        """Posts that an app may read, newest first."""
        with self.lock:
            active = {remote_id for remote_id, account in self.accounts.items() if account.state == "active"}
            if self._ordered is None:
                self._ordered = sorted(self.posts.values(), key=lambda post: post.remote_id, reverse=True)
            return [post for post in self._ordered if post.author_id in active]

    def newest(self) -> list[Post]:
        """Of the readable posts, the newest version of each."""
        return [post for post in self.readable() if post.remote_id == post.versions[-1]]
